"""Values are serialised as cassandra-driver does it, whose forms the servers read; no server is needed to compare."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from cassandra import ProtocolVersion, cqltypes
from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement

from projections.accounts.users import USERS
from projections.rolls.roll import ROLL
from projections.store.inserts import WRITERS, Insert, request_of
from projections.store.protocol import Unstorable
from projections.store.table import Stamped
from tests.given import ADA

DRIVERS: dict[type, Any] = {
    UUID: cqltypes.UUIDType,
    str: cqltypes.UTF8Type,
    int: cqltypes.LongType,
    bool: cqltypes.BooleanType,
    datetime: cqltypes.DateType,
}
VALUES: list[tuple[type, Any]] = [
    (UUID, ADA),
    (UUID, UUID(int=0)),
    (UUID, UUID(int=1)),
    (str, ""),
    (str, "Åsa \N{SNOWFLAKE}"),
    (int, 0),
    (int, 258),
    (int, -1),
    (int, 2**63 - 1),
    (bool, True),
    (bool, False),
    (datetime, datetime(1970, 1, 1, tzinfo=UTC)),
    (datetime, datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    (datetime, datetime(2026, 6, 20, 9, 0, 0, 123_000, tzinfo=UTC)),
    (datetime, datetime(2026, 6, 20, 9, tzinfo=timezone(timedelta(hours=2)))),
]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_is_serialised_as_the_driver_does_it(kind: type, value: Any) -> None:
    assert WRITERS[kind](value) == DRIVERS[kind].serialize(value, ProtocolVersion.V5)


def test_each_form_is_the_native_protocols() -> None:
    assert WRITERS[UUID](UUID("00112233-4455-6677-8899-aabbccddeeff")).hex() == "00112233445566778899aabbccddeeff"
    assert WRITERS[int](258) == b"\0\0\0\0\0\0\1\2"
    assert (WRITERS[bool](True), WRITERS[bool](False)) == (b"\1", b"\0")
    assert WRITERS[str]("å") == b"\xc3\xa5"
    assert WRITERS[datetime](datetime(1970, 1, 1, 0, 0, 1, 2999, tzinfo=UTC)) == b"\0\0\0\0\0\0\3\xea"  # 1002 ms


def prepared(name: str) -> PreparedStatement:
    """A statement as the server would have prepared it."""
    return PreparedStatement([], name.encode(), [], f"INSERT {name}", "keyspace", ProtocolVersion.V5, [], None)


USERS_STATEMENT = prepared("users")
OF_USERS = Insert(USERS_STATEMENT, USERS, ("user_id", "handle", "active"))
OF_ROLL = Insert(prepared("roll"), ROLL, ("roll_id", "title"))
USER = Stamped(USERS.upsert(user_id=UUID(int=1), handle="ada", active=True), 7)
ROLL_1, ROLL_2, ROLL_3 = (Stamped(ROLL.upsert(roll_id=UUID(int=1), title=title), 8) for title in ("a", "b", "c"))
KEY = b"\0" * 15 + b"\1"
STAMP = b"\0" * 7 + b"\x08"


def test_a_row_is_bound_in_the_order_of_its_columns_and_its_stamp_comes_last() -> None:
    bound = OF_USERS.bound(USER)
    assert bound.values == [KEY, b"ada", b"\1", b"\0" * 7 + b"\7"]
    assert bound.is_idempotent is True
    assert bound.prepared_statement is USERS_STATEMENT


def test_one_row_is_a_statement_of_its_own() -> None:
    request = request_of([OF_USERS], [USER])
    assert isinstance(request, BoundStatement)
    assert request.values == [KEY, b"ada", b"\1", b"\0" * 7 + b"\7"]


def test_several_rows_are_one_unlogged_batch_that_may_be_sent_again() -> None:
    batch = request_of([OF_ROLL] * 3, [ROLL_1, ROLL_2, ROLL_3])
    assert isinstance(batch, BatchStatement)
    assert (batch.batch_type, batch.is_idempotent) == (BatchType.UNLOGGED, True)
    assert batch._statements_and_parameters == [
        (True, b"roll", [KEY, b"a", STAMP]),
        (True, b"roll", [KEY, b"b", STAMP]),
        (True, b"roll", [KEY, b"c", STAMP]),
    ]


@pytest.mark.parametrize(
    "columns",
    [
        {"user_id": "ada"},
        {"handle": 7},
        {"handle": "\ud800"},
        {"active": 1},
        {"active": "yes"},
    ],
)
def test_a_value_of_another_type_is_unstorable_and_its_table_is_named(columns: dict[str, Any]) -> None:
    row = Stamped(USERS.upsert(**({"user_id": ADA, "handle": "ada", "active": True} | columns)), 7)
    with pytest.raises(Unstorable, match=r"^users: [A-Za-z]+ in projections\.store\.inserts\."):
        request_of([OF_USERS], [row])


@pytest.mark.parametrize("at", [datetime(2026, 6, 20), "2026-06-20", 0])
def test_a_time_without_a_zone_cannot_be_written(at: Any) -> None:
    with pytest.raises(TypeError):
        WRITERS[datetime](at)


def test_a_number_that_is_too_large_is_unstorable() -> None:
    with pytest.raises(Unstorable, match="users: error in "):
        request_of([OF_USERS], [Stamped(USER.upsert, 2**63)])
