"""Encodes and decodes events in Confluent's wire format: a zero byte, the schema's id (4 bytes, big endian), Avro.

Decoding is plain fastavro with schemas cached by id, a batch at a time, because a worker decodes in bulk.
"""

import io
import json
import math
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import fastavro
from fastavro.types import Schema

from events.error_text import described
from events.generated import EVENTS, NESTED, Event
from events.personal import Damaged, Erased, Key, Keys, KeysUnavailable, seal, unseal
from events.registry import Registry, UnknownSchema
from events.schema import EventSchema, all_schemas

MAGIC = 0
HEADER = struct.Struct(">bI")
UNKNOWN_SECONDS = 10.0  # after which a schema that wasn't in the registry is looked up again
MOST_UNKNOWN = 10_000  # ids in the cache of unknown ones: random bytes name random schemas
FIRST_FIELDS = ["event_id", "occurred_at", "actor_id"]  # of every event


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a record can't become an event.

    - `key_absent`: the person whose key is absent: it can, once that is back
    - `schema_absent`: it can, once the registry has its schema
    - `new_event`: the full name of its type of event, where that is one that this version of ours doesn't know
    """

    reason: str
    key_absent: UUID | None = None
    schema_absent: bool = False
    new_event: str = ""


@dataclass(frozen=True, slots=True)
class Decoder:
    """How the records under one schema id are decoded."""

    event: type[Event]
    schema: EventSchema
    writer: Schema
    reader: Schema | None  # None: the writer's schema is our own, so nothing is to be resolved
    nested: tuple[tuple[str, type], ...]
    arrays: tuple[str, ...]


class Codec:
    """Encodes and decodes events. It looks each schema up once; an unknown one again after UNKNOWN_SECONDS."""

    def __init__(self, registry: Registry, keys: Keys, now: Callable[[], float] = time.monotonic):
        self._registry, self._keys, self._now = registry, keys, now
        self._ids: dict[str, int] = {}
        self._decoders: dict[int, Decoder] = {}
        self._unknown: dict[int, tuple[float, Unreadable]] = {}  # when to look it up again, and why it is unreadable
        self._parsed: dict[str, Schema] = {}

    async def encode(self, event: Event) -> bytes:
        """The event as a record's value.

        Raises RegistryUnavailable, KeysUnavailable (also for a person whose key is damaged: it can be restored),
        UnknownSchema if its schema isn't registered, and KeyError if its person has no key."""
        schema = SCHEMA_OF[type(event)]
        if schema.full_name not in self._ids:
            self._ids[schema.full_name] = await self._registry.id_of(schema)
        values = asdict(event)
        sealed = {field: person for field, person in schema.personal.items() if values[field] is not None}
        if sealed:
            keys = await self._keys.many({values[person] for person in sealed.values()})
            for field, person in sealed.items():
                key, text = keys[values[person]], values[field]
                if isinstance(key, Damaged):
                    raise KeysUnavailable(f"the key of {schema.name}.{person} {values[person]} is damaged: restore it")
                if isinstance(key, Erased) or isinstance(text, Erased):
                    raise KeyError(f"{schema.name}.{field} belongs to a person who was erased")
                values[field] = seal(key, event.event_id, field, text)
        out = io.BytesIO()
        out.write(HEADER.pack(MAGIC, self._ids[schema.full_name]))
        fastavro.schemaless_writer(out, self._parse(schema), values)
        return out.getvalue()

    async def kinds(self, values: Sequence[bytes | None], *, afresh: bool = False) -> list[type[Event] | Unreadable]:
        """Each record's type of event, which its schema's id tells without decoding it, or why that tells none.

        `afresh`: what was unknown a moment ago is looked up now. Raises RegistryUnavailable."""
        decoders = await self._decoders_of(values, afresh=afresh)
        found = (decoder_of(value, decoders) for value in values)
        return [each if isinstance(each, Unreadable) else each.event for each in found]

    async def decode(self, values: Sequence[bytes | None]) -> list[Event | Unreadable]:
        """Each record's event, or why there is none. Raises RegistryUnavailable or KeysUnavailable."""
        decoders = await self._decoders_of(values)
        parts = [fields_of(value, decoder_of(value, decoders)) for value in values]
        people: set[UUID] = set()
        for entry in parts:
            if isinstance(entry, tuple) and entry[0].schema.personal:
                people |= {entry[1][person] for field, person in entry[0].schema.personal.items() if entry[1][field]}
        keys: Mapping[UUID, Key] = await self._keys.many(people) if people else {}
        return [entry if isinstance(entry, Unreadable) else event_of(*entry, keys) for entry in parts]

    async def _decoders_of(
        self, values: Sequence[bytes | None], *, afresh: bool = False
    ) -> Mapping[int, Decoder | Unreadable]:
        """How the records under each schema's id are decoded, or why they can't be.

        Looks up the schemas that it hasn't yet, and those that were unknown UNKNOWN_SECONDS ago; `afresh`: all that
        were unknown."""
        found: dict[int, Decoder | Unreadable] = {}
        for head in {value[: HEADER.size] for value in values if value is not None and len(value) >= HEADER.size}:
            magic, schema_id = HEADER.unpack(head)
            if magic == MAGIC:
                found[schema_id] = self._decoders.get(schema_id) or await self._looked_up(schema_id, afresh=afresh)
        return found

    async def _looked_up(self, schema_id: int, *, afresh: bool) -> Decoder | Unreadable:
        until, unknown = self._unknown.get(schema_id, (-math.inf, None))
        if unknown is not None and self._now() < until and not afresh:
            return unknown
        decoder = await self._look_up(schema_id)
        if isinstance(decoder, Decoder):
            self._decoders[schema_id] = decoder
            return decoder
        if len(self._unknown) >= MOST_UNKNOWN:
            self._unknown.clear()
        self._unknown[schema_id] = (self._now() + UNKNOWN_SECONDS, decoder)
        return decoder

    async def _look_up(self, schema_id: int) -> Decoder | Unreadable:
        try:
            written = json.loads(await self._registry.schema(schema_id))
        except UnknownSchema as error:
            return Unreadable(str(error), schema_absent=True)
        except ValueError:
            return Unreadable(f"schema {schema_id} isn't Avro")
        full_name = f"{written.get('namespace', '')}.{written.get('name', '')}" if isinstance(written, dict) else ""
        schema = all_schemas().get(full_name)
        if schema is None or "fields" not in written:
            reason = f"schema {schema_id} is {full_name or 'no record'}, which is no event known here"
            return Unreadable(reason, new_event=full_name if schema is None and is_event(written) else "")
        ours = self._parse(schema)
        same = written["fields"] == schema.avro["fields"]
        nested = tuple((f["name"], NESTED[kind]) for f in schema.avro["fields"] if (kind := nested_name(f["type"])))
        arrays = tuple(
            f["name"] for f in schema.avro["fields"] if isinstance(f["type"], dict) and f["type"]["type"] == "array"
        )
        return Decoder(
            EVENTS[full_name],
            schema,
            ours if same else fastavro.parse_schema(written),
            None if same else ours,
            nested,
            arrays,
        )

    def _parse(self, schema: EventSchema) -> Schema:
        if schema.full_name not in self._parsed:
            self._parsed[schema.full_name] = fastavro.parse_schema(dict(schema.avro))
        return self._parsed[schema.full_name]


def decoder_of(value: bytes | None, decoders: Mapping[int, Decoder | Unreadable]) -> Decoder | Unreadable:
    """The decoder of a record, of those by schema id."""
    if value is None or len(value) < HEADER.size:
        return Unreadable("the value is empty or shorter than its header")
    magic, schema_id = HEADER.unpack_from(value)
    return decoders[schema_id] if magic == MAGIC else Unreadable("the value doesn't begin with Confluent's magic byte")


def fields_of(value: bytes | None, decoder: Decoder | Unreadable) -> tuple[Decoder, dict[str, Any]] | Unreadable:
    """A record's fields, as Avro has them."""
    if isinstance(decoder, Unreadable):
        return decoder
    assert value is not None
    body = io.BytesIO(value)
    body.seek(HEADER.size)
    try:
        fields = fastavro.schemaless_reader(body, decoder.writer, decoder.reader)
    except Exception as error:  # fastavro raises many kinds of errors, all for bad bytes
        return Unreadable(f"not a {decoder.schema.name}: {described(error)}")
    if body.tell() != len(value):
        return Unreadable(f"{len(value) - body.tell()} bytes follow the {decoder.schema.name}")
    return decoder, fields  # type: ignore[return-value]


def is_event(written: Any) -> bool:
    """Whether a schema is one of an event of Darkroom's, perhaps of a later version's."""
    if not isinstance(written, dict) or written.get("namespace") not in NAMESPACES:
        return False
    fields = written.get("fields")
    first = fields[: len(FIRST_FIELDS)] if isinstance(fields, list) else []
    return [field.get("name") for field in first if isinstance(field, dict)] == FIRST_FIELDS


def event_of(decoder: Decoder, fields: dict[str, Any], keys: Mapping[UUID, Key]) -> Event | Unreadable:
    """The event of decoded fields, with its personal fields unsealed."""
    for field, person in decoder.schema.personal.items():
        if fields[field] is None:
            continue
        key = keys.get(fields[person])
        whose = f"the key of {decoder.schema.name}.{person} {fields[person]}"
        if key is None:
            return Unreadable(f"{whose} is absent", key_absent=fields[person])
        if isinstance(key, Damaged):
            return Unreadable(f"{whose} is damaged")
        try:
            text = key if isinstance(key, Erased) else unseal(key, fields["event_id"], field, fields[field])
        except ValueError as error:
            return Unreadable(str(error))
        fields[field] = text
    for name, kind in decoder.nested:
        if fields[name] is not None:
            fields[name] = kind(**fields[name])
    for name in decoder.arrays:
        fields[name] = tuple(fields[name])
    return decoder.event(**fields)


def nested_name(avro: Any) -> str | None:
    """The nested record's name if a field's type is one, or one or null."""
    if isinstance(avro, list):
        return next((name for kind in avro if (name := nested_name(kind)) is not None), None)
    name = avro["name"] if isinstance(avro, dict) and avro["type"] == "record" else avro
    return name if isinstance(name, str) and name in NESTED else None


SCHEMA_OF: dict[type, EventSchema] = {EVENTS[name]: schema for name, schema in all_schemas().items()}
NAMESPACES = {schema.avro["namespace"] for schema in all_schemas().values()}


def topic_of(event: type[Event]) -> str:
    """The topic that an event type belongs to."""
    return SCHEMA_OF[event].topic


def key_of(event: Event) -> UUID:
    """The person whose fact an event is."""
    return getattr(event, SCHEMA_OF[type(event)].key)
