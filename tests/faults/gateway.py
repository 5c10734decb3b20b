"""The gateway, dying once between Kafka's acknowledgement and its answer: `python -m tests.faults.gateway N [without]`.

It kills itself right after the Nth write is in the log. `without`: what remembers requests and derives ids from them is
taken out, to see that the test sees it."""

import os
import signal
import sys
from typing import Any
from uuid import UUID, uuid4

from ops.cli import main
from producers.writes.execute import Carrier
from producers.writes.idempotency import Asked, CassandraRequests


def dying(times: int) -> None:
    """Arms the death."""
    carry_out, left = Carrier.carry_out, [times]

    async def carried(self: Carrier, *given: Any, **named: Any) -> Any:
        done = await carry_out(self, *given, **named)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    Carrier.carry_out = carried  # type: ignore[method-assign]


def forgetful() -> None:
    """Takes out what makes a retry the same request."""

    async def never(*_: Any) -> None:
        return None

    async def this(self: Any, asked: Any, body: Any, plan: Any, *_: Any) -> Any:
        return plan

    async def last(self: Any, asked: Any, body: Any, plan: Any, done: Any) -> Any:
        return done

    def fresh(_: Asked) -> UUID:
        return uuid4()

    CassandraRequests.begin, CassandraRequests.decide, CassandraRequests.answer = never, this, last  # type: ignore
    Asked.id = property(fresh)  # type: ignore[assignment]


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.argv = ["darkroom", "gateway"]
    dying(int(arguments[0]))
    if arguments[1:]:
        forgetful()
    main()
