"""What a projector folds again when its database has forgotten something, and from where in the log it takes it.

The database syncs in time, so what was folded more than a minute ago is kept. Of the rest nothing is believed: neither
`progress`, which may have been written after the break, nor what this projector remembers, which may be ahead of it.
"""

import copy
from collections.abc import Collection, Mapping
from dataclasses import replace
from uuid import UUID

import pytest
from aiokafka.errors import KafkaConnectionError

from events.generated import PhotoLiked
from events.json_form import from_json
from events.schema import all_schemas
from processors.handlers.batch import Batch, Partition, Record
from processors.handlers.dead_letter import DeadLetter, DeadLetterQueue
from processors.handlers.projector import Projector
from processors.transport.lease import Lease, LeaseLost
from projections.catalog import of_topic
from projections.progress import next_offsets
from projections.store.memory import MemoryStore
from tests.deadletters.failing import fold_all
from tests.kit import MemoryLog, answers
from tests.processors.world import Meanwhile, nothing

pytestmark = pytest.mark.anyio

LIKE = all_schemas()["darkroom.reactions.PhotoLiked"]
NAMES = [(each.name, 1) for each in of_topic("reactions")]


class Breaking(MemoryStore):
    """Forgets, when told to break, what was written since it last synced: all of it, or all but `progress`."""

    def __init__(self) -> None:
        super().__init__()
        self.sync()

    def sync(self) -> None:
        self._synced = copy.deepcopy(self._tables)

    def forget(self, progress_too: bool = True) -> None:
        progress = self._tables["progress"]
        self._tables = copy.deepcopy(self._synced)
        if not progress_too:
            self._tables["progress"] = progress
        self.restart()


class Likes:
    """Likes in one partition of a log, a projector with a clock moved by hand, and the offsets that it read again."""

    def __init__(self, number: int) -> None:
        self.number, self.now, self.log, self.store = number, 1000.0, MemoryLog(), Breaking()
        self.past, self.since = self.log.past, self.log.since
        self.again: list[range] = []
        self.failures: list[Exception] = []
        self.projector = self.new_owner()

    def new_owner(self) -> Projector:
        async def keep(letter: DeadLetter) -> None:
            raise AssertionError(letter)

        return Projector(
            "reactions",
            of_topic("reactions"),
            self.store,
            self.log.codec,
            DeadLetterQueue(keep),
            self,
            now=lambda: self.now,
        )

    async def __call__(self, topic: str, partition: int, offsets: Collection[int]) -> Mapping[int, Record]:
        """See LogReader, whose other questions the log answers."""
        if self.failures:
            raise self.failures.pop()
        assert isinstance(offsets, range)
        self.again.append(offsets)
        records = self.log.partitions[topic, partition]
        return {offset: records[offset] for offset in reversed(offsets)}  # in any order

    @property
    def where(self) -> Partition:
        """The likes' partition."""
        return Partition("reactions", self.partition)

    async def start(self) -> None:
        like = from_json(LIKE, LIKE.example())
        assert isinstance(like, PhotoLiked)
        likes = (replace(like, event_id=UUID(int=n), photo_id=UUID(int=1 + n % 2)) for n in range(self.number))
        await self.log.append(*likes)
        ((_, self.partition),) = self.log.partitions
        await self.projector.start(self.where)

    async def start_anew(self) -> None:
        """The partition goes to another worker, which reads the stretch before its work."""
        self.projector = self.new_owner()
        await self.fold(await self.projector.start(self.where), self.projector.next_offset(self.where))

    async def fold(self, begin: int, end: int, at: float | None = None) -> None:
        """Folds a batch, at a time."""
        self.now = self.now if at is None else 1000.0 + at
        records = self.log.partitions["reactions", self.partition][begin:end]
        await self.projector.handle(Batch("reactions", self.partition, 1, records), Lease.of())

    async def heal(self) -> None:
        """As each tick does."""
        await self.projector.heal(self.where, Meanwhile())

    def set_progress(self, offset: int, *names: tuple[str, int]) -> None:
        """`progress` says less of some projections than it did."""
        for name in names:
            for column in ("offset", "synced"):
                self.store._tables["progress"]["reactions", self.partition][name][column] = (offset * 1024, offset)

    async def is_whole(self) -> bool:
        """Whether the store holds what the whole log folds to."""
        clean = MemoryStore()
        await fold_all(self.log, of_topic("reactions"), clean, self.number)
        return answers(clean) == answers(self.store)


@pytest.mark.parametrize("progress_too", [True, False], ids=["progress too", "all but progress"])
@pytest.mark.parametrize(
    ("at", "since"),
    [
        ((0, 30, 90.5), 4),  # what was folded more than 60 s ago is kept
        ((0, 30, 90), 2),
        ((0, 30, 60), 0),
        ((0, 30, 60.5), 2),
    ],
)
async def test_what_was_folded_in_the_last_minute_is_folded_again(
    at: tuple[float, float, float], since: int, progress_too: bool
) -> None:
    likes = Likes(6)
    await likes.start()
    await likes.fold(0, 2, at[0])
    if since >= 2:
        likes.store.sync()
    await likes.fold(2, 4, at[1])
    if since >= 4:
        likes.store.sync()
    await likes.fold(4, 6, at[2])
    likes.store.forget(progress_too)
    await likes.heal()
    assert likes.again == [range(since, 6)]
    assert await likes.is_whole()


async def test_what_is_forgotten_of_longer_ago_than_a_minute_is_found_by_progress() -> None:
    """A database that lost more than it should: `progress` says so, whatever the projector remembers."""
    likes = Likes(6)
    await likes.start()
    for n in range(3):
        await likes.fold(2 * n, 2 * n + 2, at=100.0 * n)
    likes.store.forget()
    await likes.heal()
    assert likes.again == [range(6)]
    assert await likes.is_whole()


async def test_one_projection_that_lost_its_progress_has_all_of_them_folded_again_from_there() -> None:
    likes = Likes(6)
    await likes.start()
    await likes.fold(0, 6)
    likes.set_progress(6, *NAMES)  # long ago
    await likes.start_anew()
    likes.set_progress(3, NAMES[0])
    likes.store.restart()
    await likes.heal()
    assert likes.again == [range(3, 6)]
    assert await next_offsets(likes.store, "reactions", likes.partition) == dict.fromkeys(NAMES, 6)


async def test_a_healing_ends_at_the_projection_furthest_behind_as_batches_bring_the_rest() -> None:
    """Seen to fail with the furthest projection's offset taken in place of the least: the rest is read twice."""
    likes = Likes(6)
    await likes.start()
    await likes.fold(0, 6)
    likes.set_progress(6, NAMES[0])
    likes.set_progress(4, *NAMES[1:])
    await likes.start_anew()
    likes.set_progress(1, NAMES[0])
    likes.store.restart()
    await likes.heal()
    assert likes.again == [range(1, 4)]
    await likes.fold(4, 6)
    assert likes.again == [range(1, 4)]
    assert await next_offsets(likes.store, "reactions", likes.partition) == dict.fromkeys(NAMES, 6)
    assert await likes.is_whole()


@pytest.mark.parametrize("progress_too", [True, False], ids=["progress too", "all but progress"])
async def test_what_a_projection_ahead_of_the_others_lost_is_folded_again_with_the_next_batches(
    progress_too: bool,
) -> None:
    """Seen to fail with that projection left where it was: what it had lost was never folded again."""
    likes = Likes(6)
    await likes.start()
    await likes.fold(0, 2)
    likes.store.sync()
    await likes.fold(2, 6)
    likes.set_progress(2, *(name for name in NAMES if name != ("likers", 1)))
    await likes.start_anew()
    likes.store.forget(progress_too)
    await likes.heal()
    await likes.fold(2, 6)
    assert await likes.is_whole()
    assert await next_offsets(likes.store, "reactions", likes.partition) == dict.fromkeys(NAMES, 6)


async def test_a_new_owner_heals_what_the_last_one_had_not_had_synced_for_sure_and_no_more() -> None:
    """Seen to fail with its own beginning taken in place of the last owner's `synced`: two likes stay forgotten."""
    likes = Likes(6)
    await likes.start()
    await likes.fold(0, 2, at=0)
    likes.store.sync()
    await likes.fold(2, 4, at=60.5)
    await likes.start_anew()
    await likes.fold(4, 6)
    likes.store.forget(progress_too=False)
    await likes.heal()
    assert likes.again == [range(2, 6)]
    assert await likes.is_whole()


async def test_the_forgotten_is_read_so_many_records_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Projector, "max_records", 2)
    likes = Likes(5)
    await likes.start()
    await likes.fold(0, 5)
    likes.store.forget()
    await likes.heal()
    assert likes.again == [range(2), range(2, 4), range(4, 5)]
    assert await likes.is_whole()


async def test_a_log_that_doesnt_answer_is_asked_again() -> None:
    likes = Likes(3)
    await likes.start()
    await likes.fold(0, 3)
    likes.store.forget()
    likes.failures = [TimeoutError("slow"), KafkaConnectionError("down")]

    await likes.projector.heal(likes.where, Meanwhile(nothing, nothing))
    assert await likes.is_whole()


async def test_what_ends_a_healing_leaves_it_to_be_done() -> None:
    """Seen to fail with the break counted as healed before it is: what was forgotten stays so."""
    likes = Likes(3)
    await likes.start()
    await likes.fold(0, 3)
    likes.store.forget()
    lost = Lease.of()
    lost.lose()
    with pytest.raises(LeaseLost):
        await likes.projector.heal(likes.where, lost)
    await likes.heal()
    assert await likes.is_whole()


async def test_a_break_is_healed_once_and_before_the_next_batch() -> None:
    likes = Likes(4)
    await likes.start()
    await likes.fold(0, 2)
    likes.store.forget()
    await likes.fold(2, 4)
    assert likes.again == [range(2)]
    await likes.heal()
    await likes.fold(2, 4)
    assert likes.again == [range(2)]
    assert await likes.is_whole()


async def test_a_database_that_never_broke_is_not_healed() -> None:
    likes = Likes(4)
    likes.store.outages = 3  # before this owner came
    await likes.start()
    await likes.fold(0, 4)
    await likes.heal()
    assert likes.again == []
