"""What projectors and queries ask of a database. The one in memory and Cassandra pass the same contract test."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from projections.store.table import Stamped, Table, Upsert, partition_key

ROWS_A_BATCH = 64
BYTES_A_BATCH = 24_000  # Cassandra warns of batches above 5 KiB and refuses them above 50 KiB by default


class StoreUnavailable(Exception):
    """The database doesn't answer, or not in time: retry."""


class Unstorable(Exception):
    """The database will never take this: a retry can't mend it."""


class Store(Protocol):
    """Tables of rows. Of two writes to a column the one with the higher stamp stays; on a tie, the greater value.

    `breaks` counts how often a node of the database went away: it may have forgotten what it acknowledged last."""

    @property
    def breaks(self) -> int:
        """How often a node went away while we were connected."""
        ...

    async def write(self, rows: Sequence[Stamped]) -> None:
        """Writes rows in any order; a row is written whole. Unstorable, StoreUnavailable: some may be written."""
        ...

    async def write_together(self, rows: Sequence[Stamped]) -> None:
        """Writes rows that share one partition key (of one table or several): all of them, or none."""
        ...

    async def get(self, table: Table, *key: Any) -> Any:
        """The row with this whole key, or None."""
        ...

    async def slice(
        self,
        table: Table,
        *partition: Any,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[Any]:
        """Rows of a partition in clustering order: past the (partial) clustering key `after`, not past `upto`.

        For a descending table «past» means below: `after` is where the last page ended. `upto` narrows the begin of
        a descending slice (`row <= upto`), the end of an ascending one."""
        ...

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """Rows of a partition whose first clustering column is one of `firsts`, read in one query."""
        ...


def size_of(upsert: Upsert) -> int:
    """About how many bytes an upsert takes in a batch."""
    return 40 + sum(text_size(value) if isinstance(value, str) else 8 for value in upsert.values)


def text_size(text: str) -> int:
    """The bytes of a text."""
    return len(text) if text.isascii() else len(text.encode())


def by_partition(rows: Sequence[Stamped]) -> list[list[Stamped]]:
    """Rows grouped by partition key, each group in batches that the database takes. Tables whose keys are of the same
    values share a group: to Cassandra that is one mutation."""
    groups: dict[tuple[Any, ...], list[Stamped]] = {}
    for row in rows:
        groups.setdefault(partition_key(row.upsert), []).append(row)
    return [batch for group in groups.values() for batch in batches_of(group)]


def batches_of(group: list[Stamped]) -> list[list[Stamped]]:
    """A partition's rows cut into batches of bounded rows and bytes."""
    if len(group) == 1:
        return [group]
    batches: list[list[Stamped]] = [[]]
    room = BYTES_A_BATCH
    for row in group:
        size = size_of(row.upsert)
        if batches[-1] and (room < size or len(batches[-1]) == ROWS_A_BATCH):
            batches.append([])
            room = BYTES_A_BATCH
        batches[-1].append(row)
        room -= size
    return batches
