"""The CQL conditions of reads. Each begins with " AND ", so that they can be put together."""

from functools import lru_cache
from typing import Any

from events.ids import key_order
from projections.store.table import Table


@lru_cache(maxsize=1024)
def equal(columns: tuple[str, ...], several: int | None = None) -> str:
    """A condition that gives each of these columns a value, and the one at index `several` any of a list of values."""
    return "".join(f" AND {name} {'IN' if i == several else '='} ?" for i, name in enumerate(columns))


def between(table: Table, after: tuple[Any, ...], upto: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The condition of rows between two bounds (see `Store.slice`), and its values."""
    if table.descending and after and upto:  # CQL takes one upper bound: the tighter one
        after, upto = (after, ()) if key_order(after)[: len(upto)] <= key_order(upto) else ((), upto)
    condition = ""
    if after:
        condition += bound_on(table, "<" if table.descending else ">", after)
    if upto:
        condition += bound_on(table, "<=", upto)
    return condition, (*after, *upto)


def bound_on(table: Table, sign: str, values: tuple[Any, ...]) -> str:
    """A condition that compares the first clustering columns, as one tuple."""
    names = ", ".join(table.clustering[: len(values)])
    return f" AND ({names}) {sign} ({', '.join('?' * len(values))})"


@lru_cache(maxsize=1024)
def in_order(table: Table) -> str:
    """The clause that sorts the rows of several partitions together, in the order in which each has its own."""
    return " ORDER BY " + ", ".join(f"{name} {'DESC' if table.descending else 'ASC'}" for name in table.clustering)
