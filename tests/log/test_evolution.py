"""Records written with another version of an event's schema are read with ours (Avro 1.11, schema resolution).

What they lack has its default, and what we don't know is left out."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import fastavro
import pytest

from events.codec import HEADER, MAGIC, Codec, Unreadable
from events.generated import Event, PhotoLiked
from events.json_form import from_json
from events.personal import seal
from events.schema import EventSchema, all_schemas
from tests.kit import MemoryKeys, MemoryRegistry, run

OTHER = 1000  # the id under which the registry holds the other version
Fields = list[dict[str, Any]]


class Versions(MemoryRegistry):
    """A registry that also holds another version of a schema."""

    def __init__(self, avro: Mapping[str, Any]) -> None:
        super().__init__()
        self._other = json.dumps(avro)

    async def schema(self, schema_id: int) -> str:
        return self._other if schema_id == OTHER else await super().schema(schema_id)


def example(schema: EventSchema) -> Event:
    """The schema's example."""
    return from_json(schema, schema.example())


def with_fields(schema: EventSchema, fields: Fields) -> dict[str, Any]:
    """A version of a schema that has these fields."""
    return {**schema.avro, "fields": fields}


async def written(schema: EventSchema, avro: Mapping[str, Any], values: Mapping[str, Any]) -> bytes:
    """A record as a writer with that version of the schema wrote it."""
    keys = await MemoryKeys().many({values[person] for person in schema.personal.values()})
    sealed = {
        field: seal(keys[values[person]], values["event_id"], field, values[field])  # type: ignore[arg-type]
        for field, person in schema.personal.items()
        if values[field] is not None
    }
    out = io.BytesIO()
    out.write(HEADER.pack(MAGIC, OTHER))
    fastavro.schemaless_writer(out, fastavro.parse_schema(dict(avro)), {**values, **sealed})
    return out.getvalue()


async def read(schema: EventSchema, avro: Mapping[str, Any], event: Event, **more: Any) -> Event | Unreadable:
    """An event as we read it from a record that was written with another version, among records of our own."""
    codec = Codec(Versions(avro), MemoryKeys())
    ours, theirs = await codec.encode(event), await written(schema, avro, asdict(event) | more)
    first, found, last = await codec.decode([ours, theirs, ours])
    assert first == last == event
    return found


def without_defaulted() -> Iterator[Any]:
    """Every version that lacks one of the fields with a default, or all of them."""
    for schema in all_schemas().values():
        names = [field["name"] for field in schema.avro["fields"] if "default" in field]
        groups = [[name] for name in names] + ([names] if len(names) > 1 else [])
        for lacking in groups:
            yield pytest.param(schema, lacking, id=f"{schema.name} without {', '.join(lacking)}")


@pytest.mark.parametrize(("schema", "lacking"), list(without_defaulted()))
def test_a_record_from_before_a_field_was_added_has_its_default(schema: EventSchema, lacking: list[str]) -> None:
    fields = [field for field in schema.avro["fields"] if field["name"] not in lacking]
    defaults = {field["name"]: field["default"] for field in schema.avro["fields"] if field["name"] in lacking}
    event = example(schema)
    assert run(read(schema, with_fields(schema, fields), event)) == replace(event, **defaults)


@pytest.mark.parametrize("schema", all_schemas().values(), ids=lambda schema: schema.name)
def test_a_record_with_a_field_that_was_added_since_is_read_without_it(schema: EventSchema) -> None:
    """As while workers are replaced: the gateway's new version writes what an old worker doesn't know."""
    added = {"name": "added_since", "type": ["null", "string"], "doc": "Made up here.", "default": None}
    fields = [*schema.avro["fields"][:3], added, *schema.avro["fields"][3:]]
    event = example(schema)
    for value in (None, "something"):
        assert run(read(schema, with_fields(schema, fields), event, added_since=value)) == event


def test_fields_may_stand_in_another_order() -> None:
    schema = all_schemas()["darkroom.reactions.PhotoLiked"]
    event = example(schema)
    assert isinstance(event, PhotoLiked)
    first, occurred, *others = schema.avro["fields"]
    turned = with_fields(schema, [*reversed(others), first, occurred])
    assert run(read(schema, turned, event)) == event


def test_a_version_that_only_says_more_in_words_is_read_as_ours() -> None:
    schema = all_schemas()["darkroom.photos.PhotoFiltered"]
    fields = [field | {"doc": "In other words."} for field in schema.avro["fields"]]
    event = example(schema)
    assert run(read(schema, with_fields(schema, fields), event)) == event


def test_a_version_that_lacks_what_has_no_default_makes_its_records_unreadable_and_no_others() -> None:
    schema = all_schemas()["darkroom.reactions.PhotoLiked"]
    lacking = with_fields(schema, [field for field in schema.avro["fields"] if field["name"] != "liker_id"])
    found = run(read(schema, lacking, example(schema)))
    assert isinstance(found, Unreadable)
    assert found.reason.startswith("not a PhotoLiked: SchemaResolutionError")
    assert found.key_absent is None


@pytest.mark.parametrize(
    ("avro", "is_what"),
    [
        (["null"], "no record"),
        ({"type": "record", "name": "PhotoLiked", "namespace": "darkroom.photos"}, "darkroom.photos.PhotoLiked"),
        ({"type": "record", "name": "PhotoLiked"}, ".PhotoLiked"),
    ],
)
def test_a_schema_of_something_else_makes_its_records_unreadable(avro: Any, is_what: str) -> None:
    value = HEADER.pack(MAGIC, OTHER) + b"x"
    reason = f"schema {OTHER} is {is_what}, which is no event known here"
    assert run(Codec(Versions(avro), MemoryKeys()).decode([value])) == [Unreadable(reason)]
