"""Ids. A derived event's id follows from its cause, so that deriving the event twice gives the same event."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

NIL = UUID(int=0)
# Where a record's value has its event's id: behind Confluent's zero byte and the schema's id (4 bytes) comes the first
# field, which is event_id in every schema, an Avro string: its length (36, as a zigzag varint: 72), then its text.
LENGTH_AT, LENGTH = 5, 72
TEXT = slice(6, 42)


def derived_id(cause: UUID, *names: object) -> UUID:
    """Returns the id of one consequence of `cause`; `names` tell it from the others (RFC 9562, version 5)."""
    return uuid5(cause, "/".join(map(str, names)))


def id_order(value: UUID) -> tuple[int, bytes]:
    """Returns a sort key for ids in Cassandra's order of the type uuid (not of version 1): version, then bytes."""
    return value.bytes[6] >> 4, value.bytes


def key_order(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Returns a sort key for clustering keys in Cassandra's order, which is that of their columns' types."""
    return tuple(id_order(value) if isinstance(value, UUID) else value for value in key)


def event_id_of(value: bytes | None) -> bytes | None:
    """Returns the text of a record's event id (36 bytes), without decoding it; None if the value can't be an event.

    Two records that give the same are of the same event. Bytes that only look like an event's give something too."""
    return event_ids_of((value,))[0]


def event_ids_of(values: Iterable[bytes | None]) -> list[bytes | None]:
    """The same of many records: no call for each, because all that is read passes through here."""
    return [
        None if value is None or len(value) < TEXT.stop or value[0] != 0 or value[LENGTH_AT] != LENGTH else value[TEXT]
        for value in values
    ]
