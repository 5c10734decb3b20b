"""Which records a projector folds with which projections, and what it says of how far it is."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from events.generated import Event, MemberJoined, MemberLeft
from events.ids import NIL
from processors.handlers import writer as writer_module
from processors.handlers.batch import Batch, Partition
from processors.handlers.dead_letter import DeadLetter, DeadLetterQueue
from processors.handlers.projector import Projector
from processors.handlers.writer import every
from processors.transport.lease import Lease, LeaseLost
from projections.progress import next_offsets, progress_rows
from projections.rolls.members import members
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.memory import MemoryStore
from projections.store.protocol import StoreUnavailable, Unstorable
from projections.store.table import Stamped
from projections.tally.counts import COUNTS
from tests.deadletters.failing import RefusingStore, unfoldable
from tests.kit import MemoryLog
from tests.processors.world import OWNER, START, Meanwhile, base, nothing

pytestmark = pytest.mark.anyio

ROLL, OTHER = UUID(int=71), UUID(int=72)


def joined(number: int, roll: UUID = ROLL, member: UUID = OWNER) -> MemberJoined:
    return MemberJoined(**base(f"joined {number}"), roll_id=roll, member_id=member, role="member")  # type: ignore[arg-type]


def left(number: int) -> MemberLeft:
    membership = joined(number).event_id
    return MemberLeft(**base(f"left {number}"), roll_id=ROLL, member_id=OWNER, membership_id=membership)  # type: ignore[arg-type]


def noting(each: Any, seen: list[UUID]) -> Any:
    """The projection, but that it notes the events that it folds."""
    fold = each._fold

    def noted(event: Event, *where: int) -> Any:
        seen.append(event.event_id)
        return fold(event, *where)

    noting_each = copy.copy(each)
    noting_each._fold = noted
    return noting_each


class Folding:
    """A projector of two projections, what each of them folded, and the letters that came of it."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store, self.log = store or MemoryStore(), MemoryLog()
        self.letters: list[DeadLetter] = []
        self.members: list[UUID] = []
        self.rolls: list[UUID] = []
        self.projections = [noting(members, self.members), noting(rolls_of_user, self.rolls)]

    async def keep(self, letter: DeadLetter) -> None:
        self.letters.append(letter)

    async def begin(self, *events: Event) -> int:
        """Starts a projector over these events, which are in one partition: where it begins."""
        await self.log.append(*events)
        (((_, self.partition), self.records),) = self.log.partitions.items()
        self.projector = Projector("rolls", self.projections, self.store, self.log.codec, DeadLetterQueue(self.keep))
        return await self.projector.start(Partition("rolls", self.partition))

    async def fold(self, begin: int, end: int, lease: Lease | None = None) -> None:
        batch = Batch("rolls", self.partition, 1, self.records[begin:end])
        await self.projector.handle(batch, lease or Meanwhile())

    async def progress(self) -> dict[tuple[str, int], int]:
        return await next_offsets(self.store, "rolls", self.partition)

    async def says(self, offset: int, *names: tuple[str, int]) -> None:
        """`progress` says that these have folded all below an offset."""
        await self.store.write_together(progress_rows("rolls", self.partition, names, offset=offset))


EVENTS = [joined(n) for n in range(6)]
IDS = [event.event_id for event in EVENTS]


async def test_each_projection_goes_on_where_it_was() -> None:
    one = Folding()
    await one.begin(*EVENTS)
    await one.says(4, ("members", 1))
    await one.says(2, ("rolls_of_user", 1))
    assert await one.projector.start(Partition("rolls", one.partition)) == 2
    await one.fold(0, 3)
    assert (one.members, one.rolls) == ([], IDS[2:3])
    await one.fold(3, 6)
    assert (one.members, one.rolls) == (IDS[4:], IDS[2:])
    assert await one.progress() == {("members", 1): 6, ("rolls_of_user", 1): 6}


async def test_a_new_projection_begins_with_the_logs_first_record() -> None:
    one = Folding()
    await one.begin(*EVENTS)
    await one.says(6, ("members", 1))
    assert await one.projector.start(Partition("rolls", one.partition)) == 0
    await one.fold(0, 6)
    assert (one.members, one.rolls) == ([], IDS)


async def test_another_generations_progress_is_not_taken_for_its_own() -> None:
    one = Folding()
    await one.begin(*EVENTS)
    await one.says(6, ("members", 2), ("rolls_of_user", 2))
    assert await one.projector.start(Partition("rolls", one.partition)) == 0
    await one.fold(0, 6)
    assert (one.members, one.rolls) == (IDS, IDS)
    assert (await one.progress())["members", 1] == 6
    (count,) = await one.store.slice(COUNTS, ROLL)
    assert (count.generation, count.total) == (1, 1)


async def test_a_batch_that_was_folded_is_folded_no_more() -> None:
    one = Folding()
    await one.begin(*EVENTS)
    await one.fold(0, 4)
    await one.fold(0, 4)
    await one.fold(2, 6)
    assert (one.members, one.rolls) == (IDS, IDS)
    assert await one.progress() == {("members", 1): 6, ("rolls_of_user", 1): 6}


async def test_what_one_projection_cant_fold_the_others_do() -> None:
    one = Folding()
    one.projections[0] = unfoldable(one.projections[0], EVENTS[1])
    await one.begin(*EVENTS[:3])
    await one.fold(0, 3)
    assert (one.members, one.rolls) == ([IDS[0], IDS[2]], IDS[:3])
    ((letter),) = one.letters
    assert (letter.position.offset, letter.projection) == (1, "members")
    assert letter.reason.partition(" in ")[0] == "members can't fold MemberJoined: ArithmeticError"


async def test_what_cant_be_stored_is_set_aside_for_all_projections() -> None:
    one = Folding(RefusingStore([1]))
    await one.begin(*EVENTS[:3])
    await one.fold(0, 3)
    ((letter),) = one.letters
    assert (letter.position.offset, letter.projection, letter.reason) == (1, "*", "too large")
    assert (await one.store.slice(COUNTS, ROLL))[0].total == 1
    assert set(await one.progress()) == {("members", 1), ("rolls_of_user", 1)}


@pytest.mark.parametrize("a_round", [64, 2, 1])
async def test_a_set_has_its_size_however_many_changes_come_at_once(
    a_round: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "CHANGES_A_ROUND", a_round)
    one = Folding()
    await one.begin(joined(0), joined(1), left(0), joined(2, OTHER), left(1), joined(3), joined(3))
    await one.fold(0, 7)
    sizes = [(await one.store.slice(COUNTS, roll))[0].total for roll in (ROLL, OTHER)]
    assert sizes == [1, 1]
    rows = await one.store.slice(members.members, ROLL, one.partition)
    assert {(row.beginning, row.live) for row in rows if row.member != NIL and not row.own} == {
        (joined(0).event_id, False),
        (joined(1).event_id, False),
        (joined(3).event_id, True),
    }


class Down(MemoryStore):
    """Doesn't answer so many writes, of rows in tables of these names."""

    def __init__(self, times: int, *tables: str) -> None:
        super().__init__()
        self.times, self.tables = times, tables

    async def write(self, rows: Sequence[Stamped]) -> None:
        if self.times and any(row.upsert.table.name in self.tables for row in rows):
            self.times -= 1
            raise StoreUnavailable("down")
        await super().write(rows)


@pytest.mark.parametrize("table", ["rolls_of_user", "members", "counts", "progress"])
async def test_a_database_that_doesnt_answer_is_asked_again_and_nothing_is_said_before(table: str) -> None:
    one = Folding(Down(2, table))
    await one.begin(*EVENTS)
    await one.fold(0, 6, Meanwhile(nothing, nothing))
    assert (await one.store.slice(COUNTS, ROLL))[0].total == 1

    lost = Folding(Down(1, table))
    await lost.begin(*EVENTS)
    lease = Meanwhile()

    async def lose() -> None:
        assert await lost.progress() == {}
        lease.lose()

    lease.left.append(lose)
    with pytest.raises(LeaseLost):
        await lost.fold(0, 6, lease)
    assert await lost.progress() == {}


async def test_of_several_errors_one_that_may_pass_is_raised() -> None:
    """A batch that can't be stored is halved; one that the database didn't take is tried again, whole."""

    async def fails(error: Exception) -> int:
        raise error

    async def works() -> int:
        return 7

    with pytest.raises(StoreUnavailable):
        await every([fails(Unstorable()), works(), fails(StoreUnavailable())])
    with pytest.raises(Unstorable):
        await every([works(), fails(Unstorable())])
    assert await every([works(), works()]) == [7, 7]


async def test_a_later_beginning_is_the_sets_latest_time() -> None:
    one = Folding()
    await one.begin(joined(0), replace(joined(1), occurred_at=START.replace(hour=20)), joined(2))
    await one.fold(0, 3)
    assert (await one.store.slice(COUNTS, ROLL))[0].latest == int(START.replace(hour=20).timestamp() * 1000)
