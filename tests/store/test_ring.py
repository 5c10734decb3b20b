"""The node that a partition is asked for at, by the driver's view of the ring. No server is needed."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from cassandra import OperationTimedOut, ProtocolVersion
from cassandra.cluster import NoHostAvailable
from cassandra.metadata import Murmur3Token, TokenMap
from cassandra.policies import HostDistance
from cassandra.query import BoundStatement, PreparedStatement

from events.ids import NIL
from projections.store.cassandra import CassandraStore
from projections.store.inserts import WRITERS
from projections.store.plan import OwnerFirst
from projections.store.protocol import StoreUnavailable
from projections.store.replication import copies
from projections.store.ring import Ring, routing_key
from tests.store.tables import FEED, KEYED

pytestmark = pytest.mark.anyio


@dataclass(eq=False)
class Host:
    """The driver's Host."""

    name: str
    datacenter: str = "here"
    is_up: bool = True


A, B, C, FAR = Host("a"), Host("b"), Host("c"), Host("far", "there")
THIRD = 2**64 // 3


def of(hosts: dict[int, Host]) -> TokenMap:
    """A ring on which these hosts have these tokens."""
    owners = {Murmur3Token(token): host for token, host in hosts.items()}
    return TokenMap(Murmur3Token, owners, sorted(owners), None)


THREE = of({-(2**63) + THIRD: A, -(2**63) + 2 * THIRD: B, 2**63 - 1: C})


class Response:
    """What the driver answers to one request."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def add_callbacks(self, callback: Any, errback: Any, *, callback_args: Any, errback_args: Any) -> None:
        if self._error:
            errback(self._error, *errback_args)
        else:
            callback([], *callback_args)


class Session:
    """A session in datacenter `here`; a host may have an error for whatever is sent to it."""

    def __init__(self, ring: TokenMap | None, replication: dict[str, str] | None = None) -> None:
        self.cluster = SimpleNamespace(
            metadata=SimpleNamespace(token_map=ring),
            contact_points=("db",),
            port=9042,
            register_listener=lambda _: None,
        )
        self.replication = replication or {"class": "NetworkTopologyStrategy", "here": "1"}
        self.errors: dict[Host | None, Exception] = {}
        self.asked: list[Host | None] = []

    def get_execution_profile(self, _: object) -> Any:
        def distance(host: Host) -> Any:
            return HostDistance.LOCAL if host.datacenter == "here" else HostDistance.IGNORED

        return SimpleNamespace(load_balancing_policy=SimpleNamespace(distance=distance))

    def prepare(self, cql: str) -> Any:
        return SimpleNamespace(bind=lambda _: cql)

    def execute_async(self, _: Any, *, host: Any) -> Response:
        self.asked.append(host)
        return Response(self.errors.get(host))

    async def execute(self, _: str, __: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        self.asked.append(None)
        return [(self.replication,)]


def ring(session: Any) -> Ring:
    return Ring(session, "darkroom", session.execute)


async def test_a_partition_belongs_to_the_node_whose_token_comes_at_or_after_its_own() -> None:
    owner_of = await ring(Session(THREE)).owners(KEYED)
    assert owner_of
    for _ in range(200):
        user = uuid4()
        token = Murmur3Token.from_key(user.bytes).value
        expected = A if token <= -(2**63) + THIRD else B if token <= -(2**63) + 2 * THIRD else C
        assert owner_of((user,)) is expected


async def test_past_the_last_token_the_ring_begins_again() -> None:
    user = UUID(int=1)
    token = Murmur3Token.from_key(user.bytes).value
    for hosts, expected in (
        ({token - 2: A, token - 1: B}, A),
        ({token - 1: A, token: B}, B),
        ({token: A, token + 1: B}, A),
    ):
        owner_of = await ring(Session(of(hosts))).owners(KEYED)
        assert owner_of
        assert owner_of((user,)) is expected


@pytest.mark.parametrize("key", [("å",), (NIL, "2026-06-19"), ("", 7, uuid4())])
def test_a_key_of_one_column_or_several_is_routed_as_the_driver_does_it(key: tuple[Any, ...]) -> None:
    values = [WRITERS[type(value)](value) for value in key]
    statement = PreparedStatement([], b"", list(range(len(key))), "", "darkroom", ProtocolVersion.V5, [], None)
    bound = BoundStatement(statement)
    bound.values = values
    assert routing_key(values) == bound.routing_key


async def test_a_key_is_asked_for_where_its_partition_is() -> None:
    owner_of = await ring(Session(THREE)).owners(FEED)
    assert owner_of
    assert len({owner_of((NIL, "a", n)) for n in range(50)}) == 1
    assert len({owner_of((NIL, f"{n}")) for n in range(50)}) == 3


async def test_where_every_node_has_every_partition_nothing_is_told() -> None:
    for hosts, replication, asked in (
        (None, {}, 0),
        (of({0: A, 9: A}), {"here": "1"}, 0),
        (THREE, {"here": "3"}, 1),
        (THREE, {"here": "5"}, 1),
        (THREE, {"there": "1"}, 1),
        (THREE, {"replication_factor": "3"}, 1),
    ):
        session = Session(hosts, replication)
        assert await ring(session).owners(KEYED) is None
        assert len(session.asked) == asked


async def test_another_datacenters_nodes_are_none_of_ours() -> None:
    session = Session(of({-(2**62): A, 0: FAR, 2**62: B}), {"here": "1", "there": "1"})
    owner_of = await ring(session).owners(KEYED)
    assert owner_of
    assert {owner_of((uuid4(),)) for _ in range(100)} == {A, B}
    session = Session(of({-(2**62): A, 0: FAR}), {"here": "1", "there": "1"})
    assert await ring(session).owners(KEYED) is None


async def test_the_replication_is_asked_for_once_and_the_ring_looked_at_each_time() -> None:
    session = Session(THREE)
    told = ring(session)
    for _ in range(3):
        assert await told.owners(KEYED)
    assert len(session.asked) == 1
    session.cluster.metadata.token_map = of({0: A, 2**63 - 1: B})
    owner_of = await told.owners(KEYED)
    assert owner_of
    assert {owner_of((uuid4(),)) for _ in range(100)} == {A, B}


async def test_a_node_that_is_down_is_not_asked() -> None:
    down = Host("down", is_up=False)
    owner_of = await ring(Session(of({0: A, 2**63 - 1: down}))).owners(KEYED)
    assert owner_of
    assert {owner_of((uuid4(),)) for _ in range(100)} == {A, None}


def plan(ring: TokenMap, *hosts: Host) -> Any:
    """What OwnerFirst makes of a query with this routing key, where these hosts are up."""
    policy: Any = OwnerFirst("here")
    cluster: Any = SimpleNamespace(metadata=SimpleNamespace(token_map=ring), endpoints_resolved=[])
    policy.populate(cluster, hosts)
    return lambda key: list(policy.make_query_plan(None, None if key is None else SimpleNamespace(routing_key=key)))


def test_a_plan_begins_with_the_node_that_has_the_row_and_has_each_node_once() -> None:
    """Seen to fail with the driver's TokenAwarePolicy, which knows no keyspace: nodes take turns."""
    plan_of = plan(THREE, A, B, C)
    for _ in range(50):
        user = uuid4()
        token = Murmur3Token.from_key(user.bytes).value
        owner = A if token <= -(2**63) + THIRD else B if token <= -(2**63) + 2 * THIRD else C
        planned = plan_of(user.bytes)
        assert planned[0] is owner
        assert sorted(host.name for host in planned) == ["a", "b", "c"]


def test_nodes_take_turns_where_the_owner_is_down_or_there_is_no_key() -> None:
    down = Host("down", is_up=False)
    plan_of = plan(of({2**63 - 1: down, -(2**63): A}), A)
    assert {host.name for _ in range(20) for host in plan_of(uuid4().bytes)} == {"a"}
    plan_of = plan(THREE, A, B, C)
    assert len({plan_of(None)[0].name for _ in range(3)}) == 3
    assert [host.name for host in plan(of({0: A, 9: A}), A)(b"key")] == ["a"]


async def test_a_single_row_is_asked_for_at_its_owner() -> None:
    session: Any = Session(THREE)
    session.prepare = lambda cql: SimpleNamespace(bind=lambda values: cql)
    store = CassandraStore(session, "darkroom")
    store._owners = Ring(session, "darkroom", session.execute).owners
    owner_of = await store._owners(KEYED)
    assert owner_of
    session.asked.clear()
    users = [uuid4() for _ in range(30)]
    for user in users:
        await store.get(KEYED, user)
    assert session.asked == [owner_of((user,)) for user in users]
    assert len(set(session.asked)) == 3


def test_the_copies_of_a_datacenter() -> None:
    assert copies({"class": "NetworkTopologyStrategy", "here": "3", "there": "2"}, "here") == 3
    assert copies({"class": "SimpleStrategy", "replication_factor": "2"}, "here") == 2
    assert copies({"class": "LocalStrategy"}, "here") == 0


async def test_a_node_that_cannot_be_reached_is_asked_once_and_then_any_is() -> None:
    """Seen to fail without the second attempt."""
    session: Any = Session(None)
    store = CassandraStore(session, "darkroom")
    session.errors = {A: NoHostAvailable("it went down", {})}
    assert await store.execute("SELECT 1", node=A) == []
    assert session.asked == [A, None]
    session.errors = dict.fromkeys((A, None), NoHostAvailable("all are down", {}))
    with pytest.raises(StoreUnavailable):
        await store.execute("SELECT 1", node=A)
    assert session.asked == [A, None, A, None]


async def test_a_request_that_failed_otherwise_is_not_repeated() -> None:
    session: Any = Session(None)
    session.errors = {A: OperationTimedOut("it took too long")}
    with pytest.raises(StoreUnavailable):
        await CassandraStore(session, "darkroom").execute("SELECT 1", node=A)
    assert session.asked == [A]
