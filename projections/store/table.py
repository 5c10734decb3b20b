"""Tables of read models, and Upsert, the only write that a projection makes to them."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, get_args, get_type_hints
from uuid import UUID

from events.personal import ERASED

CQL_TYPES: dict[type, str] = {UUID: "uuid", str: "text", int: "bigint", bool: "boolean", datetime: "timestamp"}


class Table:
    """A table of a read model.

    - `row`: the type of its rows, a frozen dataclass with the key columns first. It gives the columns' types; a column
      that isn't part of the key is `T | None`, None where nothing was written.
    - `partition`, `clustering`: how many of the columns are the partition key, and how many then order its rows.
    - `descending`: holds for all clustering columns, so that a page's end is one comparison of tuples.
    - `urgent`: its requests go before those to other tables, where there is a queue: somebody waits for each.
    """

    def __init__(
        self,
        name: str,
        row: type,
        *,
        partition: int,
        clustering: int = 0,
        descending: bool = False,
        urgent: bool = False,
    ):
        self.name, self.row, self.descending, self.urgent = name, row, descending, urgent
        self.columns = tuple(field.name for field in fields(row))
        self.partition = self.columns[:partition]
        self.clustering = self.columns[partition : partition + clustering]
        self.key = self.partition + self.clustering
        hints = get_type_hints(row)
        self.types = {name: next(k for k in (get_args(hints[name]) or (hints[name],))) for name in self.columns}
        self._times = tuple(i for i, name in enumerate(self.columns) if self.types[name] is datetime)
        self.check = lru_cache(maxsize=None)(self._check)

    def __repr__(self) -> str:
        return f"Table({self.name})"

    def upsert(self, **columns: Any) -> "Upsert":
        """An upsert that sets these columns of the row with this key, and leaves its other columns.

        A column is cleared with empty text or the nil id, never with null. Raises ValueError for a null, for a column
        that the table hasn't, and if the key isn't whole."""
        names = tuple(columns)
        self.check(names)
        for name, value in columns.items():
            if value is None:
                raise ValueError(f"{self.name}.{name} is null")
            if value is ERASED:
                columns[name] = ""
        return Upsert(self, names, tuple(columns.values()))

    def _check(self, names: tuple[str, ...]) -> None:
        if missing := set(self.key) - set(names):
            raise ValueError(f"{self.name} lacks its key {sorted(missing)}")
        if unknown := set(names) - set(self.columns):
            raise ValueError(f"{self.name} has no column {sorted(unknown)}")

    def read(self, values: tuple[Any, ...]) -> Any:
        """A row of values in the order of `columns`; times are UTC."""
        if self._times:
            row = list(values)
            for i in self._times:
                if row[i] is not None:
                    row[i] = row[i].replace(tzinfo=UTC)
            return self.row(*row)
        return self.row(*values)

    def ddl(self, physical: str) -> str:
        """The CREATE TABLE statement, under the name it has in its generation."""
        columns = ", ".join(f"{name} {CQL_TYPES[self.types[name]]}" for name in self.columns)
        key = f"({', '.join(self.partition)})" + "".join(f", {name}" for name in self.clustering)
        order = ", ".join(f"{name} DESC" for name in self.clustering) if self.descending else ""
        options = f"CLUSTERING ORDER BY ({order}) AND " if order else ""
        compaction = "compaction = {'class': 'UnifiedCompactionStrategy'}"
        return f"CREATE TABLE IF NOT EXISTS {physical} ({columns}, PRIMARY KEY ({key})) WITH {options}{compaction}"


@dataclass(frozen=True, slots=True)
class Upsert:
    """New values of one row: `columns` names its key columns and others, in the order of `values`."""

    table: Table
    columns: tuple[str, ...]
    values: tuple[Any, ...]

    def __getitem__(self, column: str) -> Any:
        return self.values[self.columns.index(column)]


@dataclass(frozen=True, slots=True)
class Stamped:
    """An upsert with its write time: `offset * 1024 + epoch`. Of two writes to a column the higher stamp stays."""

    upsert: Upsert
    stamp: int


STAMPS_PER_OFFSET = 1024


class CorrectedTooOften(ValueError):
    """There is no stamp left for one more correction."""


def stamp_of(offset: int, *, epoch: int = 0) -> int:
    """The stamp of what the record at an offset writes. A correction in place has a higher epoch.

    Raises CorrectedTooOften if the epoch isn't below 1024."""
    if not 0 <= epoch < STAMPS_PER_OFFSET:
        raise CorrectedTooOften(f"epoch {epoch} isn't below {STAMPS_PER_OFFSET}")
    return offset * STAMPS_PER_OFFSET + epoch


@lru_cache(maxsize=4096)
def positions_of(columns: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[int, ...]:
    """The indexes of the wanted columns in `columns`."""
    return tuple(columns.index(name) for name in wanted)


def partition_key(upsert: Upsert) -> tuple[Any, ...]:
    """The values of an upsert's partition key."""
    return tuple(upsert.values[i] for i in positions_of(upsert.columns, upsert.table.partition))


def clustering_key(table: Table, row: Any) -> tuple[Any, ...]:
    """The values of a row's clustering columns."""
    return values_of(row, table.clustering)


def values_of(row: Any, columns: tuple[str, ...]) -> tuple[Any, ...]:
    """The values of some of a row's columns."""
    return tuple(getattr(row, name) for name in columns)


def stored_form(value: Any) -> Any:
    """A value as it is stored in a column: times in whole milliseconds."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=value.microsecond // 1000 * 1000)
    return value


Fold = Callable[..., list[Upsert]]
