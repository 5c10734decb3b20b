"""Ids. A derived event's id follows from its cause, so that deriving the event twice gives the same event."""

from typing import Any
from uuid import UUID, uuid5

NIL = UUID(int=0)


def derived_id(cause: UUID, *names: object) -> UUID:
    """Returns the id of one consequence of `cause`; `names` tell it from the others (RFC 9562, version 5)."""
    return uuid5(cause, "/".join(map(str, names)))


def id_order(value: UUID) -> tuple[int, bytes]:
    """Returns a sort key for ids in Cassandra's order of the type uuid (not of version 1): version, then bytes."""
    return value.bytes[6] >> 4, value.bytes


def key_order(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Returns a sort key for clustering keys in Cassandra's order, which is that of their columns' types."""
    return tuple(id_order(value) if isinstance(value, UUID) else value for value in key)
