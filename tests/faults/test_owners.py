"""Three nodes with one copy of each row: a read of many keys finds all of them, and asks each node for its own."""

from collections.abc import Generator
from concurrent.futures import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings

from events.settings import Settings
from ops.local_servers import local_cluster
from ops.secrets import with_values
from ops.servers.cassandra import TOKENS
from projections.keyspace import create_all
from projections.store.cassandra import CassandraStore, connect, disconnect
from projections.store.roles import API, WORKER
from projections.store.table import Stamped
from tests.kit import run
from tests.store.tables import KEYED, create
from tests.store.test_many_contract import Example, check, examples

pytestmark = pytest.mark.anyio
NODES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
SHARE = TOKENS // len(NODES)


@pytest.fixture(scope="module")
def three() -> Generator[Settings]:
    """Three nodes, each with its own third of the rows."""
    with TemporaryDirectory(prefix="darkroom-owners-") as home:
        wanted = Settings.model_validate({"home": Path(home), "cassandra_memory": "384m"})
        with local_cluster(wanted, NODES) as cluster:
            one_copy = with_values(cluster.settings, replication=1)
            session = connect(one_copy, "cassandra", one_copy.cassandra_password)
            create_all(session, one_copy, [])
            create(session, one_copy.keyspace)
            disconnect(session)
            yield one_copy


def owner(token: int) -> str:
    """The address of the node that a token falls to: each has the tokens up to its own, `ops.servers.cassandra`."""
    return NODES[-(-(token + TOKENS // 2) // SHARE) % len(NODES)]


def ids_in(values: bytes) -> list[UUID]:
    """The ids in a list as it is sent: their number, and each after its length, in 4 bytes."""
    return [UUID(bytes=values[i + 4 : i + 20]) for i in range(4, len(values), 20)]


async def test_each_node_is_asked_once_and_for_its_own_keys(three: Settings) -> None:
    """Seen to fail with a `Ring.owners` that tells nothing: one node is asked for all."""
    writing = connect(three, WORKER, three.worker_password)
    people = [uuid4() for _ in range(90)]
    rows = [Stamped(KEYED.upsert(owner=person, value=n), 1) for n, person in enumerate(people)]
    await CassandraStore(writing, three.keyspace).write(rows)
    disconnect(writing)

    session: Any = connect(three, API, three.api_password)
    wait(session._initial_connect_futures)  # to all nodes: the driver says that it is connected once it is to one
    store = CassandraStore(session, three.keyspace)
    keys = [(person,) for person in people]
    await store.get_many(KEYED, keys)  # also asks for the replication, once
    requests: list[Any] = []
    session.add_request_init_listener(requests.append)
    found = await store.get_many(KEYED, keys)
    session.remove_request_init_listener(requests.append)
    assert [row.value for row in found] == list(range(90))

    told = dict(await store.execute(f"SELECT owner, token(owner) FROM {store.physical(KEYED)}"))
    wanted: dict[str, list[UUID]] = {}
    for person in people:
        wanted.setdefault(owner(told[person]), []).append(person)
    assert {each.coordinator_host.address: ids_in(each.query.values[0]) for each in requests} == wanted
    assert len(requests) == len(NODES)
    disconnect(session)


def test_many_keys_are_read_as_each_of_them_is(three: Settings) -> None:
    session = connect(three, WORKER, three.worker_password)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(example=examples())
    def over_all_nodes(example: Example) -> None:
        run(check(CassandraStore(session, three.keyspace), example))

    over_all_nodes()
    disconnect(session)
