"""Events become bytes and come back; whatever else is in a record says why it can't."""

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.codec import HEADER, Codec, Unreadable
from events.generated import EVENTS, CommentPosted, PhotoLiked, UserRegistered
from events.json_form import from_json, to_json
from events.personal import DAMAGED, ERASED, KeysUnavailable
from events.registry import UnknownSchema
from events.schema import EventSchema, all_schemas
from tests.kit import MemoryKeys, MemoryRegistry, memory_codec

pytestmark = pytest.mark.anyio

SCHEMAS = pytest.mark.parametrize("schema", all_schemas().values(), ids=lambda schema: schema.name)


def example(name: str):  # type: ignore[no-untyped-def]
    schema = next(schema for schema in all_schemas().values() if schema.name == name)
    return from_json(schema, schema.example())


@SCHEMAS
async def test_every_example_comes_back_as_it_went(schema: EventSchema) -> None:
    codec = memory_codec()
    event = from_json(schema, schema.example())
    assert await codec.decode([await codec.encode(event)]) == [event]
    assert from_json(schema, to_json(event)) == event


@SCHEMAS
def test_every_schema_says_what_it_is(schema: EventSchema) -> None:
    names = [field["name"] for field in schema.avro["fields"]]
    assert names[:3] == ["event_id", "occurred_at", "actor_id"]
    assert schema.avro["doc"]
    assert all(field["doc"] for field in schema.avro["fields"])
    assert schema.key in names
    assert schema.full_name == f"darkroom.{schema.topic}.{schema.name}"
    for field, person in schema.personal.items():
        assert person in names
        assert "bytes" in str(schema.avro["fields"][names.index(field)]["type"])


@SCHEMAS
async def test_no_personal_value_can_be_read_in_the_bytes(schema: EventSchema) -> None:
    event = from_json(schema, schema.example())
    value = await memory_codec().encode(event)
    for field in schema.personal:
        text = getattr(event, field)
        assert text is None or text.encode() not in value


async def test_an_erased_person_reads_as_erased_and_an_absent_key_as_absent() -> None:
    event = example("CommentPosted")
    assert isinstance(event, CommentPosted)
    value = await memory_codec().encode(event)
    [erased] = await Codec(MemoryRegistry(), MemoryKeys({event.author_id: ERASED})).decode([value])
    assert isinstance(erased, CommentPosted)
    assert erased.text is ERASED
    [absent] = await Codec(MemoryRegistry(), MemoryKeys({event.author_id: None})).decode([value])
    assert isinstance(absent, Unreadable)
    assert absent.key_absent == event.author_id


async def test_a_damaged_key_makes_its_persons_records_unreadable_and_nobody_elses() -> None:
    damaged, whole = example("CommentPosted"), replace(example("CommentPosted"), author_id=uuid4())
    assert isinstance(damaged, CommentPosted)
    values = [await memory_codec().encode(event) for event in (damaged, whole)]
    codec = Codec(MemoryRegistry(), MemoryKeys({damaged.author_id: DAMAGED}))
    found = await codec.decode(values)
    assert found == [Unreadable(f"the key of CommentPosted.author_id {damaged.author_id} is damaged"), whole]
    with pytest.raises(KeysUnavailable, match=f"{damaged.author_id} is damaged"):
        await codec.encode(damaged)


async def test_a_sealed_value_moved_to_another_event_does_not_open() -> None:
    event = example("UserRegistered")
    assert isinstance(event, UserRegistered)
    codec = memory_codec()
    first = await codec.encode(event)
    moved = first.replace(str(event.event_id).encode(), str(uuid4()).encode())
    [result] = await codec.decode([moved])
    assert isinstance(result, Unreadable)
    assert "key" in result.reason


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b"\x01abcdefgh", "magic"),
        (HEADER.pack(0, 10_000) + b"x", "no schema 10000"),
        (HEADER.pack(0, 1), "not a"),
    ],
)
async def test_what_is_no_event_says_why(value: bytes | None, why: str) -> None:
    [result] = await memory_codec().decode([value])
    assert isinstance(result, Unreadable)
    assert why in result.reason


@given(st.binary(max_size=200), st.integers(0, len(EVENTS) + 1), st.data())
async def test_no_bytes_make_the_codec_raise(noise: bytes, schema_id: int, data: st.DataObject) -> None:
    codec = memory_codec()
    good = await codec.encode(example("PhotoLiked"))
    cut = data.draw(st.integers(0, len(good)))
    results = await codec.decode([noise, HEADER.pack(0, schema_id) + noise, good[:cut], good + noise, good])
    assert isinstance(results[4], PhotoLiked)
    assert cut == len(good) or isinstance(results[2], Unreadable)
    assert not noise or isinstance(results[3], Unreadable)


async def test_a_schema_that_is_no_avro_makes_its_records_unreadable_and_one_registered_later_is_found() -> None:
    class Changing(MemoryRegistry):
        async def schema(self, schema_id: int) -> str:
            return wrong.pop(0) if wrong else await super().schema(schema_id)

    wrong = ["{}", "no json", '{"type": "enum", "namespace": "darkroom.photos", "name": "PhotoTaken"}']
    value = await memory_codec().encode(example("PhotoLiked"))
    now = 0.0
    codec = Codec(Changing(), MemoryKeys(), lambda: now)
    for _ in range(3):
        [result] = await codec.decode([value])
        assert isinstance(result, Unreadable)
        now += 10.0
    assert isinstance((await codec.decode([value]))[0], PhotoLiked)


async def test_an_unknown_schema_is_looked_up_again_after_ten_seconds_and_not_before() -> None:
    class Late(MemoryRegistry):
        async def schema(self, schema_id: int) -> str:
            if not registered:
                raise UnknownSchema("not yet")
            return await super().schema(schema_id)

    registered = False
    value = await memory_codec().encode(example("PhotoLiked"))
    now = 100.0
    codec = Codec(Late(), MemoryKeys(), lambda: now)
    assert await codec.decode([value]) == [Unreadable("not yet", schema_absent=True)]
    registered = True
    now = 109.999
    assert await codec.decode([value]) == [Unreadable("not yet", schema_absent=True)]
    now = 110.0
    assert await codec.decode([value]) == [example("PhotoLiked")]


async def test_nothing_is_written_for_a_person_who_was_erased_nor_of_a_text_that_was() -> None:
    comment = example("CommentPosted")
    assert isinstance(comment, CommentPosted)
    of_erased = Codec(MemoryRegistry(), MemoryKeys({comment.author_id: ERASED}))
    for codec, event in ((of_erased, comment), (memory_codec(), replace(comment, text=ERASED))):
        with pytest.raises(KeyError, match=r"CommentPosted\.text belongs to a person who was erased"):
            await codec.encode(event)
