"""What the database says of rows that it will never take, and of trouble that an operator mends: told apart, on a real
server. To mistake the one for the other blocks a partition for ever, or throws good records to the dead letters."""

from collections.abc import Generator
from uuid import UUID

import pytest
from cassandra import InvalidRequest

from events.settings import Settings
from projections.accounts.users_by_handle import USERS_BY_HANDLE
from projections.rolls.roll import ROLL
from projections.store.cassandra import CassandraStore, connect
from projections.store.errors import classified
from projections.store.protocol import StoreUnavailable, Unstorable
from projections.store.roles import API
from projections.store.table import Stamped, Upsert
from tests.kit import run

pytestmark = pytest.mark.anyio

SOMEBODY = UUID(int=1)
BEYOND_A_KEY = 70_000  # characters; a key has at most 65,535 bytes
BEYOND_A_MUTATION = 600_000  # the local Cassandra takes 512 KiB


@pytest.fixture
def store(darkroom: Settings) -> Generator[CassandraStore]:
    """A store as its superuser."""
    yield from a_store(darkroom, "cassandra", darkroom.cassandra_password, darkroom.keyspace)


def a_store(settings: Settings, user: str, password: str, keyspace: str) -> Generator[CassandraStore]:
    """A store as a role."""
    session = connect(settings, user, password)
    yield CassandraStore(session, keyspace)
    assert session.cluster is not None
    session.cluster.shutdown()


def titled(title: str) -> Upsert:
    """A roll's row."""
    return ROLL.upsert(roll_id=SOMEBODY, title=title)


def held(handle: str) -> Upsert:
    """A handle's row."""
    return USERS_BY_HANDLE.upsert(handle_hmac=handle, user_id=SOMEBODY, held=True)


HOPELESS = {
    "a row beyond a mutation": [titled("x" * BEYOND_A_MUTATION)],
    "a batch beyond a mutation": [titled("x" * BEYOND_A_MUTATION), titled("y" * BEYOND_A_MUTATION)],
    "a row beyond a frame": [titled("x" * 20_000_000)],
    "a partition key too long": [held("x" * BEYOND_A_KEY)],
    "an empty partition key": [held("")],
    "text that has no UTF-8": [titled("\ud800")],
    "a number for a text": [Upsert(ROLL, ("roll_id", "title"), (SOMEBODY, 1))],
}


@pytest.mark.parametrize("rows", HOPELESS.values(), ids=HOPELESS.keys())
async def test_what_will_never_be_stored_is_unstorable(store: CassandraStore, rows: list[Upsert]) -> None:
    with pytest.raises(Unstorable):
        await store.write([Stamped(row, 1) for row in rows])
    await store.write([Stamped(titled("as before"), 1)])  # and the connection lives


async def test_rows_that_were_not_refused_are_stored_beside_one_that_was(store: CassandraStore) -> None:
    other = ROLL.upsert(roll_id=UUID(int=2), title="good")
    with pytest.raises(Unstorable):
        await store.write([Stamped(held(""), 2), Stamped(other, 2)])
    assert (await store.get(ROLL, UUID(int=2))).title == "good"


async def test_a_missing_table_is_tried_again(darkroom: Settings, store: CassandraStore) -> None:
    elsewhere = CassandraStore(store._session, "nowhere")
    with pytest.raises(StoreUnavailable):
        await elsewhere.write([Stamped(titled("x"), 1)])


def test_a_role_that_lacks_a_right_is_tried_again(darkroom: Settings) -> None:
    async def scenario(store: CassandraStore) -> None:
        with pytest.raises(StoreUnavailable):
            await store.write([Stamped(titled("x"), 1)])

    for store in a_store(darkroom, API, darkroom.api_password, darkroom.keyspace):
        run(scenario(store))


@pytest.mark.parametrize(
    "said",
    [
        # Word for word from Cassandra's Guardrails.class: a full disk can't be had in a test.
        "Guardrail replica_disk_usage violated: Write request failed because disk usage exceeds failure threshold",
        "Expected 8 or 0 byte long (1)",  # a table with another column type: a wrong deployment
        "table photo_1 does not exist",
    ],
)
def test_what_an_operator_mends_is_tried_again(said: str) -> None:
    error = InvalidRequest(f'Error from server: code=2200 [Invalid query] message="{said}"')
    assert isinstance(classified(error), StoreUnavailable)
