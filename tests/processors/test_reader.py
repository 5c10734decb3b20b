"""What a reader makes of records: events, or rejects with the records' bytes; a key that is absent is waited for."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from events.codec import Codec
from events.generated import CommentPosted, PhotoLiked, UserRegistered
from events.json_form import from_json
from events.personal import DAMAGED
from events.schema import all_schemas
from events.topics import key_bytes
from processors.handlers import absent_keys
from processors.handlers.absent_keys import AbsentKeys
from processors.handlers.batch import Record
from processors.handlers.reader import Read, Reader
from processors.handlers.reject import Reject
from processors.transport.lease import Lease
from projections.store.protocol import StoreUnavailable
from tests.kit import MemoryKeys, MemoryLog, MemoryRegistry, record
from tests.partitions import PARTITIONING, PARTITIONS, partition_of
from tests.processors.world import Meanwhile, nothing

pytestmark = pytest.mark.anyio

REGISTERED = all_schemas()["darkroom.accounts.UserRegistered"]
LIKE, COMMENT = (all_schemas()[f"darkroom.reactions.{name}"] for name in ("PhotoLiked", "CommentPosted"))
SOMEBODY, ANOTHER = UUID(int=1), UUID(int=2)
PATIENCE = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]  # seconds, between one look for an absent key and the next


def liked(number: int = 0) -> PhotoLiked:
    event = from_json(LIKE, LIKE.example())
    assert isinstance(event, PhotoLiked)
    return replace(event, event_id=UUID(int=number), liker_id=SOMEBODY)


def comment(author: UUID, number: int = 0) -> CommentPosted:
    event = from_json(COMMENT, COMMENT.example())
    assert isinstance(event, CommentPosted)
    return replace(event, event_id=UUID(int=number), author_id=author)


class Reading:
    """A reader, its people's keys, and what it has rejected."""

    def __init__(self, *without_key: UUID, looks: int = absent_keys.LOOKS) -> None:
        self.keys = MemoryKeys(dict.fromkeys(without_key))
        self.log = MemoryLog()
        self.rejects: list[Reject] = []
        codec = Codec(MemoryRegistry(), self.keys)
        self.now = 0.0
        self.reader = Reader(codec, PARTITIONING, "likers", AbsentKeys(looks, now=lambda: self.now))

    async def read(self, topic: str, records: Sequence[Record], lease: Lease | None = None) -> list[Read]:
        """Reads a batch: its events."""
        reads, rejects = await self.reader.read(topic, records, lease or Meanwhile())
        self.rejects += rejects
        return reads

    async def comments(self, *authors: UUID, lease: Lease | None = None) -> list[UUID]:
        """Reads a batch of a comment by each, as if all of them were in one partition: whose could be read."""
        partition = partition_of("reactions", authors[0])
        values = [await self.log.codec.encode(comment(author, n)) for n, author in enumerate(authors)]
        records = [
            record("reactions", partition, n, key_bytes(author), value)
            for n, (author, value) in enumerate(zip(authors, values, strict=True))
        ]
        reads = await self.read("reactions", records, lease)
        return [read.event.author_id for read in reads if isinstance(read.event, CommentPosted)]


async def test_each_event_comes_with_its_record_in_order() -> None:
    one = Reading()
    await one.log.append(*map(liked, range(4)))
    ((_, records),) = one.log.partitions.items()
    reads = await one.read("reactions", records)
    assert [(read.offset, read.event, read.record) for read in reads] == [(n, liked(n), records[n]) for n in range(4)]


PLACE = partition_of("reactions", SOMEBODY)
ELSEWHERE = (PLACE + 1) % PARTITIONS
MISPLACED = {
    "in another topic": ("graph", PLACE, key_bytes(SOMEBODY), "a PhotoLiked belongs in reactions"),
    "under another's key": (
        "reactions",
        PLACE,
        key_bytes(ANOTHER),
        f"the record's key isn't the PhotoLiked's person {SOMEBODY}",
    ),
    "under no key": ("reactions", PLACE, None, f"the record's key isn't the PhotoLiked's person {SOMEBODY}"),
    "in another partition": (
        "reactions",
        ELSEWHERE,
        key_bytes(SOMEBODY),
        f"{SOMEBODY} belongs in partition {PLACE} (murmur2)",
    ),
}


@pytest.mark.parametrize(("topic", "partition", "key", "reason"), MISPLACED.values(), ids=MISPLACED.keys())
async def test_an_event_where_it_may_not_be_is_rejected(
    topic: str, partition: int, key: bytes | None, reason: str
) -> None:
    one = Reading()
    value = await one.log.codec.encode(liked())
    good = record(topic, PLACE, 8, key_bytes(SOMEBODY), await one.log.codec.encode(liked(1)))
    bad = record(topic, partition, 7, key, value)
    reads = await one.read(topic, [bad, good])
    assert [read.offset for read in reads] == ([] if topic == "graph" else [8])
    assert one.rejects[0] == Reject(bad, "likers", reason, decoded=False)


async def test_what_is_no_event_is_rejected_between_what_is() -> None:
    one = Reading()
    value = await one.log.codec.encode(liked())
    records = [record("reactions", PLACE, n, key_bytes(SOMEBODY), value if n % 2 else b"no") for n in range(4)]
    reads = await one.read("reactions", records)
    assert [read.offset for read in reads] == [1, 3]
    assert [(reject.record.offset, reject.record.value) for reject in one.rejects] == [(0, b"no"), (2, b"no")]


async def test_a_batch_in_which_nothing_is_an_event_has_each_of_its_records_rejected_once() -> None:
    one = Reading()
    records = [record("reactions", PLACE, n, None, b"no") for n in range(5)]
    assert await one.read("reactions", records) == []
    assert [reject.record.offset for reject in one.rejects] == [0, 1, 2, 3, 4]


async def test_an_absent_key_is_waited_for_longer_and_longer_until_it_is_there() -> None:
    one = Reading(SOMEBODY)

    async def written() -> None:
        one.keys.exceptions.clear()

    lease = Meanwhile(nothing, nothing, written)
    assert await one.comments(SOMEBODY, SOMEBODY, lease=lease) == [SOMEBODY, SOMEBODY]
    assert lease.paused == PATIENCE[:3]
    assert one.rejects == []


async def test_an_absent_key_is_waited_for_while_others_come_and_then_its_records_are_rejected() -> None:
    one = Reading(SOMEBODY)
    lease = Meanwhile(*[nothing] * 8)
    await one.comments(SOMEBODY, SOMEBODY, lease=lease)
    assert lease.paused == PATIENCE
    assert [reject.record.offset for reject in one.rejects] == [0, 1]
    assert one.rejects[0].reason == f"the key of CommentPosted.author_id {SOMEBODY} is absent"


async def test_a_key_that_was_waited_for_in_vain_is_not_waited_for_again_but_a_new_one_is() -> None:
    one = Reading(SOMEBODY, ANOTHER)
    await one.comments(SOMEBODY, lease=Meanwhile(*[nothing] * 8))
    await one.comments(SOMEBODY, SOMEBODY, lease=Meanwhile())
    assert len(one.rejects) == 3
    lease = Meanwhile(*[nothing] * 7)
    await one.comments(SOMEBODY, ANOTHER, lease=lease)
    assert lease.left == []
    assert len(one.rejects) == 5


async def test_a_persons_other_events_are_not_waited_for_anew() -> None:
    one = Reading(SOMEBODY)
    await one.comments(SOMEBODY, lease=Meanwhile(*[nothing] * 8))
    registered = from_json(REGISTERED, REGISTERED.example())
    assert isinstance(registered, UserRegistered)
    value = await one.log.codec.encode(replace(registered, user_id=SOMEBODY))
    await one.read("accounts", [record("accounts", 0, 9, key_bytes(SOMEBODY), value)], Meanwhile())
    assert [reject.record.offset for reject in one.rejects] == [0, 9]


async def test_a_thousand_lost_keys_one_after_another_cost_no_more_than_two_waits() -> None:
    people = [UUID(int=n) for n in range(1, 1001)]
    one, lease = Reading(*people), Meanwhile(*[nothing] * 36)
    for person in people:
        await one.comments(person, lease=lease)
    assert sum(lease.paused) <= 2 * sum(PATIENCE)
    assert len(one.rejects) == 1000


async def test_a_thousand_lost_keys_at_once_are_waited_for_together() -> None:
    people = [UUID(int=n) for n in range(1, 1001)]
    one, lease = Reading(*people), Meanwhile(*[nothing] * 8)
    await one.comments(*people, lease=lease)
    assert lease.paused == PATIENCE


async def test_a_key_that_comes_back_while_it_is_waited_for_makes_the_next_wait_a_whole_one() -> None:
    one = Reading(*(UUID(int=n) for n in range(1, 5)))
    await one.comments(UUID(int=1), lease=Meanwhile(*[nothing] * 8))

    async def restored() -> None:
        del one.keys.exceptions[UUID(int=2)]

    await one.comments(UUID(int=2), lease=Meanwhile(restored))
    lease = Meanwhile(*[nothing] * 8)
    await one.comments(UUID(int=3), lease=lease)
    assert lease.left == []


@pytest.mark.parametrize(("later", "looks"), [(absent_keys.RESTED_SECONDS, 8), (absent_keys.RESTED_SECONDS - 1, 0)])
async def test_after_a_while_absent_keys_are_waited_for_again(later: float, looks: int) -> None:
    people = [UUID(int=n) for n in range(1, 11)]
    one, lease = Reading(*people), Meanwhile(*[nothing] * 36)
    for person in people[:9]:
        await one.comments(person, lease=lease)
    one.now += later
    lease = Meanwhile(*[nothing] * looks)
    await one.comments(people[9], lease=lease)
    assert lease.left == []


async def test_a_key_given_up_that_comes_back_is_read_at_once() -> None:
    one = Reading(SOMEBODY)
    await one.comments(SOMEBODY, lease=Meanwhile(*[nothing] * 8))
    one.keys.exceptions.clear()
    assert await one.comments(SOMEBODY) == [SOMEBODY]


async def test_no_more_keys_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absent_keys, "KEPT", 1)
    one = Reading(SOMEBODY, ANOTHER)
    for person, looks in ((SOMEBODY, 8), (ANOTHER, 7), (ANOTHER, 0), (SOMEBODY, 6)):
        lease = Meanwhile(*[nothing] * looks)
        await one.comments(person, lease=lease)
        assert lease.left == []


@pytest.mark.parametrize("looks", [0, 1])
async def test_a_reader_looks_as_often_as_it_is_told(looks: int) -> None:
    one = Reading(SOMEBODY, looks=looks)
    lease = Meanwhile(*[nothing] * looks)
    await one.comments(SOMEBODY, lease=lease)
    assert lease.left == []
    assert len(one.rejects) == 1


async def test_a_damaged_key_is_not_waited_for_and_rejects_its_persons_records_alone() -> None:
    one = Reading()
    one.keys.exceptions[ANOTHER] = DAMAGED
    await one.comments(ANOTHER, SOMEBODY, ANOTHER, lease=Meanwhile())
    assert [reject.record.offset for reject in one.rejects if "damaged" in reject.reason] == [0, 2]


async def test_keys_that_cant_be_asked_for_are_asked_for_again() -> None:
    one, many = Reading(), MemoryKeys().many
    failures = [StoreUnavailable("down"), StoreUnavailable("still down")]

    async def failing(people: set[UUID]) -> object:
        if failures:
            raise failures.pop()
        return await many(people)

    one.keys.many = failing  # type: ignore[method-assign, assignment]
    assert await one.comments(SOMEBODY, lease=Meanwhile(nothing, nothing)) == [SOMEBODY]


async def test_a_database_that_is_away_while_a_key_is_waited_for_is_asked_again() -> None:
    one, many = Reading(SOMEBODY), MemoryKeys.many
    failures: list[Exception] = []

    async def failing(people: set[UUID]) -> object:
        if failures:
            raise failures.pop()
        return await many(one.keys, people)

    async def written_and_away() -> None:
        one.keys.exceptions.clear()
        failures.append(StoreUnavailable("down"))

    one.keys.many = failing  # type: ignore[method-assign, assignment]
    assert await one.comments(SOMEBODY, lease=Meanwhile(written_and_away, nothing)) == [SOMEBODY]
    assert failures == []
