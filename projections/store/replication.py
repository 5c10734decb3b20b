"""How many copies of a row there are, by its keyspace's definition."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

REPLICATION = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?"

Execute = Callable[..., Awaitable[list[tuple[Any, ...]]]]  # of a statement, and its values if it has some


def copies(replication: Mapping[str, str], datacenter: str) -> int:
    """How many copies of a row a datacenter keeps, by a keyspace's replication (in `system_schema.keyspaces`)."""
    return int(replication.get(datacenter) or replication.get("replication_factor") or 0)
