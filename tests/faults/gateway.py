"""The gateway, dying once between Kafka's acknowledgement and its answer: `python -m tests.faults.gateway N [without]`.

It kills itself right after the Nth write is in the log. `without`: what remembers requests and derives ids from them is
taken out, to see that the test sees it."""

import os
import signal
import sys
from typing import Any
from uuid import UUID, uuid4

from ops.cli import main
from producers.writes.execute import Executor
from producers.writes.idempotency import CassandraIdempotencyStore, IdempotencyKey
from producers.writes.plan import KeptPlan, Plan, new_plan


def dying(times: int) -> None:
    """Arms the death."""
    execute, left = Executor.execute, [times]

    async def executed(self: Executor, *given: Any, **named: Any) -> Any:
        done = await execute(self, *given, **named)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    Executor.execute = executed  # type: ignore[method-assign]


def forgetful() -> None:
    """Takes out what makes a retry the same request."""

    async def never(*_: Any) -> None:
        return None

    async def this(self: Any, key: Any, body_hash: Any, plan: Plan) -> KeptPlan:
        return new_plan(plan)

    async def last(self: Any, key: Any, kept: Any, executed: Any) -> Any:
        return executed

    def fresh(_: IdempotencyKey) -> UUID:
        return uuid4()

    store: Any = CassandraIdempotencyStore
    store.find, store.save_plan, store.save_answer = never, this, last
    IdempotencyKey.request = property(fresh)  # type: ignore[assignment]


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.argv = ["darkroom", "gateway"]
    dying(int(arguments[0]))
    if arguments[1:]:
        forgetful()
    main()
