"""One record's changes to one set are written in one batch, however many they are."""

from dataclasses import replace
from uuid import UUID

import pytest

from events.generated import MemberInvited
from events.ids import NIL
from processors.handlers import writer as writer_module
from processors.handlers.fold import fold, subscribers
from processors.handlers.reader import Read
from processors.handlers.writer import Writer, rounds
from processors.transport.lease import Lease
from projections.store.memory import MemoryStore
from projections.tally.counts import COUNTS
from projections.tally.tally import Begin, Change, End, tally
from tests import given
from tests.given import BO, CY, LAKE, named
from tests.kit import record

pytestmark = pytest.mark.anyio


@tally(keyed_by="member", listed=False)
def handed_over(event: MemberInvited) -> list[Change]:
    """A set of one: who is invited takes the place of who was invited before."""
    begin = Begin(entity=event.roll_id, member=event.member_id, beginning=event.event_id, at=event.occurred_at)
    return [begin, End(entity=event.roll_id, member=event.actor_id, beginning=FIRST)]


FIRST = named("first")


def test_rounds_are_cut_between_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "CHANGES_A_ROUND", 3)
    change = End(entity=LAKE, member=BO, beginning=FIRST)
    cut = [
        [offset for offset, *_ in part]
        for part in rounds((n, handed_over, change) for n in (0, 1, 1, 2, 2, 3, 3, 3, 3, 4))
    ]
    assert cut == [[0, 1, 1], [2, 2], [3, 3, 3, 3], [4]]
    assert list(rounds([])) == []


@pytest.mark.parametrize("a_round", [1, 2, 3, 64])
async def test_a_total_that_falls_within_a_record_is_the_one_that_stays(
    a_round: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail where rounds are cut anywhere: the shard's two totals are stamped alike, and the greater stays."""
    monkeypatch.setattr(writer_module, "CHANGES_A_ROUND", a_round)
    store, change = MemoryStore(), given.member_invited(member_id=BO, actor_id=CY)
    events = [replace(change, event_id=FIRST, member_id=CY, actor_id=UUID(int=1)), change]
    reads = [Read(n, event, record("rolls", 0, n, None, None)) for n, event in enumerate(events)]
    folded = fold(reads, {"handed_over": 0}, subscribers([handed_over]))
    assert await Writer("rolls", store).write(0, folded, Lease.of()) == []
    (count,) = await store.slice(COUNTS, LAKE)
    (own,) = await store.pick(handed_over.members, (LAKE, 0), [NIL])  # what the next change's total is made of
    assert (count.total, own.total) == (1, 1)
