"""Ids. A derived event's id comes from its cause, so that making it twice makes it once."""

from typing import Any
from uuid import UUID, uuid5

NIL = UUID(int=0)


def derived_id(cause: UUID, *names: object) -> UUID:
    """The id of what `cause` brings about, told apart from its other consequences by `names` (RFC 9562, version 5)."""
    return uuid5(cause, "/".join(map(str, names)))


def id_order(value: UUID) -> tuple[int, bytes]:
    """Cassandra's order of the type uuid (other than version 1): by version, then by bytes."""
    return value.bytes[6] >> 4, value.bytes


def key_order(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """The order in which Cassandra keeps clustering keys: that of their columns' types."""
    return tuple(id_order(value) if isinstance(value, UUID) else value for value in key)
