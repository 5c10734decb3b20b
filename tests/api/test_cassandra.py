"""Over Cassandra the API answers as it does over memory, as a role that can't write."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from events.generated import Event
from events.settings import Settings
from ops.secrets import with_values
from processors.catalog import every_table
from projections.keyspace import create_all
from projections.store.cassandra import CassandraStore, connect
from projections.store.roles import API, WORKER
from tests.api.test_pages import LISTS, grown
from tests.api.world import MORNING, ApiWorld, named
from tests.kit import run
from tests.partitions import PARTITIONING


@pytest.fixture(scope="module")
def stores(darkroom: Settings) -> Settings:
    """A keyspace of this module's own, because ids follow from names."""
    own = with_values(darkroom, keyspace="darkroom_api_test")
    superuser = connect(own, "cassandra", own.cassandra_password)
    create_all(superuser, own, every_table())
    assert superuser.cluster is not None
    superuser.cluster.shutdown()
    return own


def history(world: ApiWorld) -> list[Event]:
    """A little of everything, with ties in time between ids of two versions."""
    events = [world.person("ada"), *world.roll("lake", "ada"), *world.developed("dusk", "ada", "lake")]
    for n in range(8):
        events += grown(world, n)
    events += [*world.taken("late", "ada", "lake"), *world.taken("late too", "p1", "lake", on_profile=True)]
    for n in range(12):
        liker = replace(
            world.person(f"q{n}"), user_id=UUID(bytes=uuid5(named("q"), str(n)).bytes, version=4 + n // 2 % 2)
        )
        liked = replace(
            world.liked("dusk", "ada"), liker_id=liker.user_id, occurred_at=MORNING + timedelta(hours=n % 2)
        )
        events += [liker, liked]
    return events


def test_every_answer_is_the_same_over_cassandra_and_over_memory(stores: Settings) -> None:
    writing = connect(stores, WORKER, stores.worker_password)
    reading = connect(stores, API, stores.api_password)

    async def answers(world: ApiWorld) -> dict[str, object]:
        await world.given(*history(world))
        paths = ["/v1/me", "/v1/users/@p1", f"/v1/rolls/{named('lake')}", f"/v1/photos/{named('dusk')}"]
        async with world.api() as api:
            told: dict[str, object] = {path: await api.json("ada", path) for path in paths}
            for who in ("ada", "p1"):
                for path in LISTS.values():
                    for limit in (2, 100):
                        told[f"{who} {path} {limit}"] = await api.walk(who, path, limit)
            assert (await api.client.get("/readyz")).status_code == 200
            return told

    async def scenario() -> None:
        written, seen = (CassandraStore(each, stores.keyspace, PARTITIONING) for each in (writing, reading))
        over_cassandra, over_memory = await answers(ApiWorld(written, seen)), await answers(ApiWorld())
        for path, told in over_memory.items():
            assert over_cassandra[path] == told, path

    try:
        run(scenario())
    finally:
        for session in (writing, reading):
            assert session.cluster is not None
            session.cluster.shutdown()
