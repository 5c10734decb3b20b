"""Tables of the kinds that there are: of one partition column and of two, in either order, by every type."""

from collections.abc import Mapping
from dataclasses import field, make_dataclass
from datetime import datetime
from uuid import UUID

from cassandra.cluster import Session

from projections.projection import GENERATION
from projections.store.table import Table


def table(
    name: str,
    partition: Mapping[str, type],
    clustering: Mapping[str, type] | None = None,
    *,
    descending: bool = False,
) -> Table:
    """A table that has one column beside its key."""
    key = {**partition, **(clustering or {})}
    row = make_dataclass(name, [*key.items(), ("value", int | None, field(default=None))], frozen=True)
    return Table(
        f"kind_{name}", row, partition=len(partition), clustering=len(key) - len(partition), descending=descending
    )


KEYED = table("keyed", {"owner": UUID})
FEED = table("feed", {"owner": UUID, "bucket": str}, {"at": datetime, "item": UUID}, descending=True)
COUNTED = table("counted", {"owner": str}, {"number": int, "word": str})
SHARDED = table("sharded", {"shard": int, "owner": UUID}, {"member": UUID, "at": datetime})
MEMBERS = table("members", {"owner": str}, {"member": UUID, "number": int}, descending=True)
WORDS = table("words", {"owner": str, "shard": int}, {"word": str}, descending=True)
LISTS = (FEED, COUNTED, SHARDED, MEMBERS, WORDS)


def create(session: Session, keyspace: str) -> None:
    """Creates the tables where a CassandraStore looks for them."""
    for each in (KEYED, *LISTS):
        session.execute(each.ddl(f"{keyspace}.{each.name}_{GENERATION}"))
