"""What requests of the idempotency store are in Cassandra: how many statements, and which are transactions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import pytest

from producers.writes.idempotency import CassandraIdempotencyStore, IdempotencyKey, KeyReused, answer_of
from producers.writes.plan import KeptPlan, Plan
from projections.store.cassandra import CassandraStore
from tests.gateway.world import ADA, SETTINGS, one

pytestmark = pytest.mark.anyio

KEY = IdempotencyKey(actor=ADA, route="POST /v1/rolls", key="k1")
PLAN = Plan(id=one("thing"), event_id=one("event"), owner=ADA)
DONE = PLAN.executed("rolls-0@1")
AT = datetime(2026, 6, 19)
NOTE = answer_of(PLAN.to_json(), DONE)


class Scripted:
    """A database that gives prepared answers, and keeps what kind of statement each was for."""

    def __init__(self, *answers: list[tuple[Any, ...]]):
        self._answers, self.asked = list(answers), list[str]()

    async def execute(self, cql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See CassandraStore."""
        assert cql.count("?") == len(values)
        kind = "transaction" if " IF " in cql else cql.partition(" ")[0]
        self.asked.append(kind)
        return self._answers.pop(0)


def over(*answers: list[tuple[Any, ...]]) -> tuple[CassandraIdempotencyStore, list[str]]:
    """A store over a database that answers so, and what it asks."""
    scripted = Scripted(*answers)
    return CassandraIdempotencyStore(cast(CassandraStore, scripted), SETTINGS), scripted.asked


def row(body: str = "body", plan: Plan | None = PLAN, answer: str | None = None) -> list[tuple[Any, ...]]:
    """A request as it is read."""
    return [(body, plan and plan.to_json(), answer, AT, AT)]


async def test_a_first_attempt_is_one_transaction_and_one_write() -> None:
    store, asked = over([(True,)], [])
    kept = await store.save_plan(KEY, "body", PLAN)
    assert (kept.plan, kept.tried) == (PLAN, False)
    assert await store.save_answer(KEY, kept, DONE) == DONE
    assert asked == ["transaction", "UPDATE"]


async def test_a_later_attempt_reads_what_is_kept() -> None:
    store, asked = over([(False,)], row(), [(None,)], [])
    kept = await store.save_plan(KEY, "body", PLAN)
    assert (kept.plan, kept.tried) == (PLAN, True)
    assert await store.save_answer(KEY, kept, DONE) == DONE
    assert asked == ["transaction", "SELECT", "SELECT", "UPDATE"]


async def test_what_another_attempt_noted_meanwhile_is_the_answer() -> None:
    store, asked = over([(NOTE,)])
    kept = KeptPlan(plan=PLAN, kept_at=AT, read_at=0.0)
    assert await store.save_answer(KEY, kept, PLAN.executed("rolls-0@2")) == DONE
    assert asked == ["SELECT"]


async def test_a_note_of_another_plan_says_nothing() -> None:
    other = Plan(id=one("thing"), event_id=one("event"), owner=ADA, position="x")
    store, _ = over(row(answer=NOTE), row(answer=answer_of(other.to_json(), DONE)), row(plan=None, answer=NOTE))
    found = [await store.find(KEY, "body") for _ in range(3)]
    assert [each and each.plan for each in found] == [DONE, PLAN, None]


async def test_a_plan_that_ended_between_the_transaction_and_the_read_is_kept_anew() -> None:
    store, asked = over([(False,)], [], [(True,)])
    assert not (await store.save_plan(KEY, "body", PLAN)).tried
    assert asked == ["transaction", "SELECT", "transaction"]


async def test_a_key_of_another_request_is_refused_whatever_is_done_with_it() -> None:
    store, _ = over(row("another"), [(False,)], row("another"))
    with pytest.raises(KeyReused):
        await store.find(KEY, "body")
    with pytest.raises(KeyReused):
        await store.save_plan(KEY, "body", PLAN)
