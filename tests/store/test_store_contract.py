"""One contract for all stores: what the projector and the queries rely on, stamps and ties included."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest

from events.ids import NIL
from events.settings import Settings
from projections.accounts.users import USERS
from projections.store.cassandra import CassandraStore, connect, disconnect
from projections.store.protocol import Store, StoreUnavailable, Unstorable
from projections.store.roles import API
from projections.store.table import Stamped
from tests.store.conftest import On
from tests.store.tables import FEED, KEYED, MEMBERS

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 6, 19, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def name(user: UUID, text: str, stamp: int) -> Stamped:
    return Stamped(USERS.upsert(user_id=user, display_name=text), stamp)


def test_the_higher_stamp_stays_whichever_comes_last(on: On) -> None:
    async def scenario(store: Store) -> None:
        user = uuid4()
        for text, stamp in (("second", 2048), ("first", 1024), ("third", 3072), ("second", 2048)):
            await store.write([name(user, text, stamp)])
        assert (await store.get(USERS, user)).display_name == "third"

    on(scenario)


def test_on_a_tie_the_greater_value_stays(on: On) -> None:
    async def scenario(store: Store) -> None:
        for first, second in (("b", "a"), ("a", "b"), ("é", "z"), ("z", "é"), ("ab", "b"), ("b", "ab")):
            user = uuid4()
            await store.write([name(user, first, 1024)])
            await store.write([name(user, second, 1024)])
            assert (await store.get(USERS, user)).display_name == max(first, second, key=str.encode)

        for first, second in ((True, False), (False, True)):
            user = uuid4()
            for active in (first, second):
                await store.write([Stamped(USERS.upsert(user_id=user, active=active), 1024)])
            assert (await store.get(USERS, user)).active is True

        for first, second in ((5, 300), (300, 5), (70_000, 300)):
            owner = uuid4()
            for number in (first, second):
                await store.write([Stamped(KEYED.upsert(owner=owner, value=number), 1024)])
            assert (await store.get(KEYED, owner)).value == max(first, second)

        for first, second in ((NOON, NOON + MILLISECOND), (NOON + MILLISECOND, NOON)):
            user = uuid4()
            for at in (first, second):
                await store.write([Stamped(USERS.upsert(user_id=user, registered_at=at), 1024)])
            assert (await store.get(USERS, user)).registered_at == NOON + MILLISECOND

    on(scenario)


def test_columns_that_are_not_written_keep_what_they_have(on: On) -> None:
    async def scenario(store: Store) -> None:
        user = uuid4()
        await store.write([Stamped(USERS.upsert(user_id=user, bio="hello", active=True), 1024)])
        await store.write([name(user, "Ada", 512)])
        row = await store.get(USERS, user)
        assert (row.bio, row.active, row.display_name, row.zone) == ("hello", True, "Ada", None)
        assert await store.get(USERS, uuid4()) is None

    on(scenario)


def test_times_are_kept_to_the_millisecond_in_utc(on: On) -> None:
    async def scenario(store: Store) -> None:
        user, at = uuid4(), datetime(2026, 6, 19, 12, 0, 0, 123_987, UTC)
        await store.write([Stamped(USERS.upsert(user_id=user, registered_at=at), 1)])
        assert (await store.get(USERS, user)).registered_at == at.replace(microsecond=123_000)

    on(scenario)


def feed_row(owner: UUID, minutes: int, item: UUID) -> Stamped:
    at = NOON + timedelta(minutes=minutes)
    return Stamped(FEED.upsert(owner=owner, bucket="2026-06-19", at=at, item=item, value=minutes), 1)


def test_a_slice_goes_on_where_the_last_one_ended_and_nothing_is_repeated_or_lost(on: On) -> None:
    async def scenario(store: Store) -> None:
        owner = uuid4()
        items = [uuid4() if n % 2 else uuid5(NIL, str(n)) for n in range(40)]  # versions 4 and 5 sort apart
        await store.write([feed_row(owner, n // 8, item) for n, item in enumerate(items)])
        whole = await store.slice(FEED, owner, "2026-06-19", limit=100)
        assert {row.item for row in whole} == set(items)
        assert [row.at for row in whole] == sorted((row.at for row in whole), reverse=True)
        seen: list[object] = []
        after: tuple[object, ...] = ()
        while rows := await store.slice(FEED, owner, "2026-06-19", after=after, limit=7):
            seen += rows
            after = tuple(getattr(rows[-1], column) for column in FEED.clustering)
        assert seen == whole

    on(scenario)


def test_a_slice_keeps_to_its_bound_with_and_without_a_cursor(on: On) -> None:
    async def scenario(store: Store) -> None:
        owner, item = uuid4(), uuid4()
        await store.write([feed_row(owner, n, item) for n in range(10)])

        async def minutes(upto: tuple[object, ...], after: tuple[object, ...] = ()) -> list[int]:
            rows = await store.slice(FEED, owner, "2026-06-19", upto=upto, after=after)
            return [row.value for row in rows]

        def cursor(n: int) -> tuple[object, ...]:
            return (NOON + timedelta(minutes=n), item)

        assert await minutes(upto=(NOON + timedelta(minutes=3),)) == [3, 2, 1, 0]
        assert await minutes(upto=(NOON + timedelta(minutes=3),), after=cursor(2)) == [1, 0]
        assert await minutes(upto=(NOON + timedelta(minutes=3),), after=cursor(8)) == [3, 2, 1, 0]

    on(scenario)


def test_pick_reads_the_rows_of_the_members_named_and_no_others(on: On) -> None:
    async def scenario(store: Store) -> None:
        owner, members = str(uuid4()), [uuid4() for _ in range(5)]
        for member in members:
            for number in range(2):
                await store.write([Stamped(MEMBERS.upsert(owner=owner, member=member, number=number), 1)])
        found = await store.pick(MEMBERS, (owner,), {members[0], members[3], uuid4()})
        assert sorted(row.member for row in found) == sorted([members[0], members[3]] * 2)

    on(scenario)


def test_what_has_no_limit_is_read_whole(on: On) -> None:
    """More than the driver's page of 5,000 rows. Seen to fail with pages: only the first one arrives."""

    async def scenario(store: Store) -> None:
        owner, member, count = str(uuid4()), uuid4(), 5_500
        rows = [Stamped(MEMBERS.upsert(owner=owner, member=member, number=n), 1) for n in range(count)]
        for i in range(0, count, 500):
            await store.write_together(rows[i : i + 500])
        assert len(await store.pick(MEMBERS, (owner,), {member})) == count
        assert len(await store.pick_many(MEMBERS, [(owner,)], {member})) == count
        assert len((await store.slice_many(MEMBERS, [(owner,), ("nobody",)], limit=count))[0]) == count

    on(scenario)


def test_many_rows_of_one_partition_are_all_written(on: On) -> None:
    async def scenario(store: Store) -> None:
        owner, text = uuid4(), "x" * 3000
        await store.write([feed_row(owner, n, uuid4()) for n in range(500)])
        assert len(await store.slice(FEED, owner, "2026-06-19", limit=1000)) == 500
        users = [uuid4() for _ in range(50)]
        await store.write([Stamped(USERS.upsert(user_id=user, bio=text), 1) for user in users])
        assert [(await store.get(USERS, user)).bio for user in users] == [text] * 50

    on(scenario)


def test_a_null_is_refused_before_it_is_written() -> None:
    with pytest.raises(ValueError, match=r"users\.bio is null"):
        USERS.upsert(user_id=uuid4(), bio=None)
    with pytest.raises(ValueError, match="lacks its key"):
        USERS.upsert(bio="x")
    with pytest.raises(ValueError, match="no column"):
        USERS.upsert(user_id=uuid4(), surname="x")


async def test_cassandra_tells_what_no_retry_mends_from_what_one_may(cassandra: Callable[[], Store]) -> None:
    store = cassandra()
    with pytest.raises(Unstorable):
        await store.write([Stamped(USERS.upsert(user_id="not an id", bio="x"), 1)])
    with pytest.raises(Unstorable):
        await store.write([Stamped(KEYED.upsert(owner=uuid4(), value=2**70), 1)])
    assert isinstance(store, CassandraStore)
    with pytest.raises(StoreUnavailable):  # a missing table is for an operator to mend
        await store.execute("SELECT * FROM darkroom.nothing")


async def test_the_apis_role_reads_the_read_models_and_can_do_nothing_else(
    darkroom: Settings, cassandra: Callable[[], Store]
) -> None:
    session = connect(darkroom, API, darkroom.api_password)
    store = CassandraStore(session, darkroom.keyspace)
    assert await store.get(USERS, uuid4()) is None
    with pytest.raises(StoreUnavailable, match="no MODIFY permission"):
        await store.write([name(uuid4(), "x", 1)])
    with pytest.raises(StoreUnavailable, match="no SELECT permission"):
        await store.execute(f"SELECT * FROM {darkroom.keyspace}_private.keys")
    disconnect(session)
