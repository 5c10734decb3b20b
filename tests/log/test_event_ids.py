"""A record's event id is found in its bytes, without decoding it."""

import timeit
from uuid import UUID

import pytest

from events.ids import event_id_of
from events.json_form import from_json
from events.schema import EventSchema, all_schemas
from tests.kit import memory_codec

pytestmark = pytest.mark.anyio

SCHEMAS = pytest.mark.parametrize("schema", all_schemas().values(), ids=lambda schema: schema.name)
MICROSECOND = 0.3  # what a reader of every record may spend on it, where decoding costs 5 or more
ID = b"8a2a54f0-49c8-5c55-b9f2-5f9a2b1c7c11"
VALUE = b"\x00\x00\x00\x00\x07\x48" + ID


@SCHEMAS
async def test_it_is_the_id_of_every_schemas_example(schema: EventSchema) -> None:
    event = from_json(schema, schema.example())
    value = await memory_codec().encode(event)
    assert event_id_of(value) == str(event.event_id).encode()


@pytest.mark.parametrize("schema_id", [0, 1, 255, 256, 2**32 - 1])
def test_it_is_the_same_under_every_schema_id(schema_id: int) -> None:
    assert event_id_of(b"\x00" + schema_id.to_bytes(4, "big") + VALUE[5:] + b"more") == ID


@pytest.mark.parametrize(
    "value",
    [None, b"", b"\x00", VALUE[:-1], b"\x01" + VALUE[1:], VALUE[:5] + b"\x47" + VALUE[6:], VALUE[:5] + b"\x4a" + ID],
)
def test_what_can_be_no_event_has_none(value: bytes | None) -> None:
    assert event_id_of(value) is None


def test_a_reader_of_every_record_can_afford_it() -> None:
    value = VALUE + bytes(200)
    assert UUID(ID.decode()).version == 5
    best = min(timeit.repeat(lambda: event_id_of(value), number=20_000, repeat=20)) / 20_000 * 1e6
    assert best < MICROSECOND
