"""Letters and requests on real servers: bytes of any kind come back as they were, a letter that is too large is cut
rather than refused for ever, and requests are found however many there are."""

import os
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from events.positions import Position
from events.settings import Settings
from events.topics import RECORD_BYTES
from ops.deadletters.letters import Letter, letters
from processors.handlers import dead_letter
from processors.handlers.dead_letter import DeadLetter
from processors.redrive.corrections import MOST, CassandraCorrections
from processors.redrive.requests import APPLIED, PAGE, CassandraRedriveRequests
from producers.publisher import Publisher
from projections.store.cassandra import CassandraStore, connect
from tests.kit import memory_codec, run
from tests.partitions import PARTITIONING

pytestmark = pytest.mark.anyio

CASES: dict[str, tuple[bytes | None, bytes | None]] = {
    "both null": (None, None),
    "both empty": (b"", b""),
    "as large as a record can be": (os.urandom(200), os.urandom(RECORD_BYTES - 300)),
    "a key as large": (os.urandom(RECORD_BYTES - 300), None),
}


def sent(settings: Settings, key: bytes | None, value: bytes | None, reason: str) -> Letter:
    """A letter, sent and read again."""
    since = datetime.now(UTC) - timedelta(seconds=5)
    position = Position("graph", 0, uuid4().int % 10**15)

    async def send() -> None:
        publisher = Publisher(settings, memory_codec(), "test", PARTITIONING)
        try:
            await dead_letter.send(publisher, DeadLetter(position, key, value, reason, "likers", 1))
        finally:
            await publisher.close()

    run(send())
    (letter,) = [each for each in letters(settings, since, lambda *_: None) if each.position == position]
    return letter


@pytest.mark.parametrize(("key", "value"), CASES.values(), ids=CASES.keys())
def test_a_letter_keeps_its_records_bytes(darkroom: Settings, key: bytes | None, value: bytes | None) -> None:
    letter = sent(darkroom, key, value, "why «not»? \ud800")
    assert (letter.key, letter.value, letter.cut) == (key, value, False)
    assert letter.reason == "why «not»? \\ud800"
    assert letter.projection == "likers"


def test_a_letter_beyond_its_topics_limit_is_cut_and_says_so(darkroom: Settings) -> None:
    size = 2 * RECORD_BYTES + 1  # of a record that its producer had compressed
    letter = sent(darkroom, b"key", os.urandom(size), "x" * 100_000)
    assert (letter.value, letter.cut, letter.size) == (b"", True, size + 3)
    assert len(letter.reason) == dead_letter.REASON_CHARACTERS


@pytest.fixture
def requests(darkroom: Settings) -> Generator[CassandraRedriveRequests]:
    """The requests' table, as a worker's role."""
    session = connect(darkroom, "darkroom_worker", darkroom.worker_password)
    yield CassandraRedriveRequests(CassandraStore(session, darkroom.keyspace), darkroom.keyspace)
    assert session.cluster is not None
    session.cluster.shutdown()


async def test_requests_are_found_answered_and_asked_again(requests: CassandraRedriveRequests) -> None:
    first = uuid4().int % 10**12
    places = [(Position("graph", 7, first + n), "*") for n in range(PAGE + 1)]
    before = await requests.bell("graph")
    await requests.ask(places)
    bell = await requests.bell("graph")
    assert bell not in (None, before)
    found = {each.position: each for each in await requests.of_partition("graph", 7)}
    assert all(found[position].outcome == "" for position, _ in places)
    await requests.answer(found[places[-1][0]], APPLIED)
    found = {each.position: each for each in await requests.of_partition("graph", 7)}
    assert [each.position for each in found.values() if each.outcome == APPLIED] == [places[-1][0]]
    await requests.ask(places[-1:])
    found = {each.position: each for each in await requests.of_partition("graph", 7)}
    assert found[places[-1][0]].outcome == ""
    assert await requests.bell("graph") != bell


async def test_corrections_are_numbered_for_each_record_up_to_a_bound(darkroom: Settings) -> None:
    session = connect(darkroom, "darkroom_worker", darkroom.worker_password)
    store = CassandraStore(session, darkroom.keyspace)
    corrections, first = CassandraCorrections(store, darkroom.keyspace), uuid4().int % 10**12
    numbers = [await corrections.next_numbers("graph", 7, [first, first + n]) for n in (1, 2)]
    assert numbers == [{first: 1, first + 1: 1}, {first: 2, first + 2: 1}]
    many = range(first + 10, first + 510)
    assert await corrections.next_numbers("graph", 7, many) == dict.fromkeys(many, 1)
    table = f"{darkroom.keyspace}.corrections"
    values = "(topic, partition, offset, number) VALUES (?, ?, ?, ?) USING TIMESTAMP ?"
    await store.execute(f"INSERT INTO {table} {values}", ("graph", 7, first, MOST, MOST))
    assert await corrections.next_numbers("graph", 7, [first]) == {}
    await store.execute(f"INSERT INTO {table} {values}", ("graph", 7, first, 1, 1))  # an owner that was stalled
    assert await corrections.next_numbers("graph", 7, [first]) == {}
    assert session.cluster is not None
    session.cluster.shutdown()
