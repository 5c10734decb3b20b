"""A thousand bad records among a hundred thousand good ones, on real servers: nothing stops, nothing good is lost,
every bad record is set aside untouched; redriven once its cause is mended, it leaves what there would have been.

The tests share one flood and go in the order they stand.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from uuid import UUID

import pytest

from events.codec import Codec
from events.confluent_registry import ConfluentRegistry
from events.schema import all_schemas
from events.settings import Settings
from ops.deadletters.letters import Letter, letters
from processors.log.ends import LogEnds
from processors.redrive.requests import APPLIED, CassandraRedriveRequests
from projections.private.keys import KeyStore
from projections.private.keyspace import private_keyspace
from projections.reactions.comments import Comment, comments_on
from projections.store.cassandra import CassandraStore, connect
from projections.tally.counts import COUNTS, summed
from tests.deadletters.flood import BEYOND_A_MUTATION, TOPIC, Fact, Flood, Forge, a_comment, append
from tests.deadletters.live import command, eventually, folded, register, worker
from tests.partitions import PARTITIONING

GOOD, SEED = 100_000, 20261121
# How many of each; the rest of the thousand are comments by a person whose key is gone.
WRONG = {
    "random bytes": 150,
    "truncated": 150,
    "an unknown schema": 100,
    "another type's schema": 100,
    "no key": 100,
    "another person's key": 100,
    "the wrong partition": 100,
    "null": 88,
    "as large as can be": 4,
}
TOO_LARGE, KEYLESS = 8, 100
REASONS = {
    "random bytes": ("magic byte", "shorter than its header"),
    "truncated": ("not a PhotoLiked", "shorter than its header"),
    "an unknown schema": ("the registry has no schema",),
    "another type's schema": ("not a CommentPosted",),
    "no key": ("the record's key isn't",),
    "another person's key": ("the record's key isn't",),
    "the wrong partition": ("belongs in partition",),
    "null": ("empty",),
    "as large as can be": ("not a ", "no event known here", "has no schema", "bytes follow"),
    "too large for a row": ("exceeds allowed maximum of",),
    "a lost key": ("is absent",),
}


@dataclass
class World:
    """The servers after the flood: what was appended, and what it takes to mend it."""

    settings: Settings
    store: CassandraStore
    flood: Flood
    unknown_id: int
    person: UUID
    lost_key: bytes
    letters: list[Letter]


@pytest.fixture(scope="module")
def loop() -> Generator[asyncio.AbstractEventLoop]:
    """One loop for what these tests share: the store's sessions belong to it."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.fixture(scope="module")
def world(darkroom: Settings, loop: asyncio.AbstractEventLoop) -> Generator[World]:
    """The flood, folded by a worker that goes on running."""
    session = connect(darkroom, "cassandra", darkroom.cassandra_password)
    try:
        with worker(darkroom, TOPIC):
            made = loop.run_until_complete(flooded(darkroom, CassandraStore(session, darkroom.keyspace)))
            made.letters = [
                each for each in letters(darkroom, None, lambda *_: None) if each.position in made.flood.bad
            ]
            yield made
    finally:
        assert session.cluster is not None
        session.cluster.shutdown()


async def flooded(settings: Settings, store: CassandraStore) -> World:
    """Appends the flood and waits until all of it is folded."""
    chooser = random.Random(SEED)
    keys = KeyStore(store, settings)
    registry = ConfluentRegistry(settings)
    codec = Codec(registry, keys)
    comment_id = await registry.id_of(all_schemas()["darkroom.reactions.CommentPosted"])
    forge = await Forge.make(chooser, codec, comment_id)
    unknown_id = register(settings, "before") + 1
    facts = [forge.good() for _ in range(GOOD)]
    bad = [forge.bad(wrong, unknown_id) for wrong, count in WRONG.items() for _ in range(count)]
    author, person = forge.id(), forge.id()
    for one in (author, person):
        await keys.create(one)
    text = "".join(chooser.choices("aeiou lmnr", k=BEYOND_A_MUTATION))
    for who, wrong, count, said in (
        (author, "too large for a row", TOO_LARGE, text),
        (person, "a lost key", KEYLESS, "!"),
    ):
        for _ in range(count):
            event = a_comment(who, forge.id(), chooser.choice(forge.photos), said)
            bad.append(Fact(who, await codec.encode(event), wrong))
    ((lost_key,),) = await store.execute(
        f"SELECT wrapped FROM {private_keyspace(settings)}.keys WHERE person = ?", (person,)
    )
    await store.execute(f"DELETE FROM {private_keyspace(settings)}.keys WHERE person = ?", (person,))
    for fact in bad:
        facts.insert(chooser.randrange(len(facts)), fact)
    flood = await asyncio.to_thread(append, settings, facts)
    registry.close()
    ends = await LogEnds(settings, PARTITIONING)(TOPIC)
    await eventually(lambda: folded(store, ends), "the flood is folded")
    return World(settings, store, flood, unknown_id, person, lost_key, [])


async def likes(world: World) -> dict[UUID, int]:
    """The likes of each photo, as the API would sum them."""
    return {
        photo: summed(await world.store.slice(COUNTS, photo)).totals.get("likers", 0) for photo in world.flood.likes
    }


def test_every_good_record_is_applied(world: World, loop: asyncio.AbstractEventLoop) -> None:
    assert len(world.flood.bad) == sum(WRONG.values()) + TOO_LARGE + KEYLESS == 1000
    assert loop.run_until_complete(likes(world)) == world.flood.counts()


def test_every_bad_record_is_set_aside_untouched_and_says_why(world: World) -> None:
    assert sorted(letter.position for letter in world.letters) == sorted(world.flood.bad)
    for letter in world.letters:
        fact = world.flood.bad[letter.position]
        assert (letter.key, letter.value) == (fact.bytes_of_key, fact.value)
        assert any(words in letter.reason for words in REASONS[fact.wrong]), (fact.wrong, letter.reason)
        assert letter.projection == "*"


def test_nothing_is_redriven_before_somebody_said_yes(world: World, loop: asyncio.AbstractEventLoop) -> None:
    status, told, _ = command(world.settings, "redrive", "--topic", TOPIC)
    assert status == 1
    assert "of reactions for all projections" in told
    requests = CassandraRedriveRequests(world.store, world.settings.keyspace)
    asked = [loop.run_until_complete(requests.of_partition(TOPIC, n)) for n in PARTITIONING.each(TOPIC)]
    assert not any(each.position in world.flood.bad for part in asked for each in part)


def test_what_is_still_wrong_fails_again_and_says_why(world: World) -> None:
    large = next(str(each) for each, fact in world.flood.bad.items() if fact.wrong == "too large for a row")
    status, told, _ = command(world.settings, "redrive", large, "--yes", "--json")
    assert status == 1
    assert "exceeds allowed maximum of" in told["outcomes"][0]["outcome"]
    again = [each for each in letters(world.settings, None, lambda *_: None) if str(each.position) == large]
    assert len(again) == 1  # no new letter: the operator was told


def test_redriven_records_leave_what_would_have_been(world: World, loop: asyncio.AbstractEventLoop) -> None:
    mended = {each: fact for each, fact in world.flood.bad.items() if fact.wrong in ("an unknown schema", "a lost key")}
    while (registered := register(world.settings, f"mended {world.unknown_id}")) < world.unknown_id:
        pass
    assert registered == world.unknown_id
    keys = f"{private_keyspace(world.settings)}.keys"
    restore = f"INSERT INTO {keys} (person, wrapped, erased) VALUES (?, ?, false)"
    loop.run_until_complete(world.store.execute(restore, (world.person, world.lost_key)))

    names = [str(position) for position in sorted(mended)]
    status, told, said = command(world.settings, "redrive", *names, "--yes", "--json")
    assert status == 0, (told, said)
    assert told["preview"]["letters"] == len(mended)
    assert told["preview"]["events"] == {"PhotoLiked": WRONG["an unknown schema"], "CommentPosted": KEYLESS}
    assert {each["position"]: each["outcome"] for each in told["outcomes"]} == dict.fromkeys(names, APPLIED)

    for fact in mended.values():
        if fact.counted:
            world.flood.count(fact)
    assert loop.run_until_complete(likes(world)) == world.flood.counts()
    assert loop.run_until_complete(comments_by(world)) == KEYLESS


async def comments_by(world: World) -> int:
    """How many comments the person with the lost key has, looked for photo by photo."""
    rows: list[Comment] = []
    for photo in world.flood.likes:
        rows += await comments_on(world.store, photo, size=10_000)
    return sum(row.author_id == world.person and row.text == "!" for row in rows)


def test_the_list_tells_what_was_redriven(world: World) -> None:
    status, told, _ = command(world.settings, "list", "--limit", "0", "--json", "--topic", TOPIC)
    assert status == 0
    redriven = Counter(
        world.flood.bad[position].wrong
        for position in world.flood.bad
        for each in told["letters"]
        if each["position"] == str(position) and (each["redriven"] or {}).get("outcome") == APPLIED
    )
    assert redriven == {"an unknown schema": WRONG["an unknown schema"], "a lost key": KEYLESS}


def test_one_is_shown_with_its_bytes(world: World) -> None:
    position, fact = next(
        (each, fact) for each, fact in world.flood.bad.items() if fact.wrong == "another person's key"
    )
    status, told, _ = command(world.settings, "show", str(position), "--json")
    assert status == 0
    (letter,) = told["letters"]
    assert fact.value is not None
    assert (letter["value"], letter["decoded"]["event"]) == (fact.value.hex(), "darkroom.reactions.PhotoLiked")
    status, text, _ = command(world.settings, "show", str(position))
    assert status == 0
    assert fact.value[:16].hex(" ") in text
