"""The contract of a store of read models. The one in memory and the one in Cassandra pass the same test of it."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from events.topics import Partitioning
from projections.store.survival import Starts
from projections.store.table import Stamped, Table, Upsert, partition_key

ROWS_A_BATCH = 64
KEYS_A_REQUEST = 100  # of a read of many partitions
BYTES_A_BATCH = 24_000  # Cassandra warns of batches above 5 KiB and refuses them above 50 KiB by default


class StoreUnavailable(Exception):
    """The database doesn't answer, or not in time: a retry may help."""


class LoginRefused(StoreUnavailable):
    """The database answers, and refuses our role: its password is another, or it hasn't been created (yet)."""


class Unstorable(Exception):
    """The database will never take this write: no retry helps."""


class Store(Protocol):
    """Tables of rows. Of two writes to a column the one with the higher stamp stays; on a tie, the greater value."""

    @property
    def partitioning(self) -> Partitioning:
        """How the log is divided that feeds these tables: a set's shards follow from it."""
        ...

    @property
    def outages(self) -> int:
        """How often a node went down since we connected, or couldn't be reached. Only one that has started since may
        have lost the last writes that it acknowledged: see `nodes`."""
        ...

    async def nodes(self) -> Starts:
        """Which start of each node is running, as it was seconds ago at most. Raises StoreUnavailable."""
        ...

    async def write(self, rows: Sequence[Stamped]) -> None:
        """Writes rows in any order, each of them whole.

        Raises Unstorable or StoreUnavailable if one can't be written; others may be."""
        ...

    async def write_together(self, rows: Sequence[Stamped]) -> None:
        """Writes rows that share one partition key (of one table or several): all of them, or none.

        Raises Unstorable or StoreUnavailable if they can't be written."""
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

        In a descending table "past" `after`, where the last page ended, means below it. `upto` is an upper bound in
        either order (`row <= upto`): it cuts the beginning of a descending slice, and the end of an ascending one."""
        ...

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """Rows of a partition whose first clustering column is one of `firsts`, read in one query."""
        ...

    async def get_many(self, table: Table, keys: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The rows with these whole keys, in order, None where there is none. See `slice_many` for what it costs."""
        ...

    async def slice_many(
        self,
        table: Table,
        partitions: Sequence[tuple[Any, ...]],
        *,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[list[Any]]:
        """A slice of each of these partitions, in order; `limit` rows of each at most.

        One request for every `KEYS_A_REQUEST` partitions that differ in one column only. Where the cluster has more
        nodes than copies of a row, it is one for each node that has some of them."""
        ...

    async def merge_slices(
        self,
        table: Table,
        partitions: Sequence[tuple[Any, ...]],
        *,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[Any]:
        """The first `limit` rows of all these partitions together, in clustering order, as if they were one.

        A partition counts once, however often it is named; rows with equal clustering keys come in no order. Costs as
        `slice_many`; the table must have clustering columns."""
        ...

    async def pick_many(
        self, table: Table, partitions: Sequence[tuple[Any, ...]], firsts: Collection[Any]
    ) -> list[Any]:
        """Rows of these partitions whose first clustering column is one of `firsts`, in no order.

        A partition counts once, however often it is named. Costs as `slice_many`."""
        ...


def size_of(upsert: Upsert) -> int:
    """The approximate size of an upsert in a batch, in bytes."""
    return 40 + sum(text_size(value) if isinstance(value, str) else 8 for value in upsert.values)


def text_size(text: str) -> int:
    """The length of a text in UTF-8, in bytes."""
    return len(text) if text.isascii() else len(text.encode())


def by_partition(rows: Sequence[Stamped]) -> list[list[Stamped]]:
    """Rows grouped by partition key, each group cut into batches that the database takes.

    Rows of tables whose partition keys have the same values share a group: Cassandra makes one mutation of it."""
    groups: dict[tuple[Any, ...], list[Stamped]] = {}
    for row in rows:
        groups.setdefault(partition_key(row.upsert), []).append(row)
    return [batch for group in groups.values() for batch in batches_of(group)]


def batches_of(group: list[Stamped]) -> list[list[Stamped]]:
    """A partition's rows in batches of bounded rows and bytes; a row that is larger has a batch to itself."""
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
