"""Fills a page from candidates, in one round: they are read and hydrated together, and shown if they may be seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

C = TypeVar("C")
T = TypeVar("T")

SPARE = 5  # candidates that are hydrated beyond a page's limit, in place of those that the viewer may not see
SCAN_CAP = 200  # rows that are read for a page of a list which leaves many of its rows out


@dataclass(frozen=True, slots=True)
class Candidates(Generic[C]):
    """Rows of a list, in order; `more` if the list may go on behind the last of them.

    A row is hydrated if it is `kept`; the others (those that have ended, say) only move the cursor on."""

    rows: Sequence[C]
    kept: Sequence[C]
    more: bool


def candidates_of(rows: Sequence[C], keep: Callable[[C], bool], *, size: int, limit: int) -> Candidates[C]:
    """The candidates for a page of `limit` items among rows that were read, `size` of them at most.

    They end with the row after which as many are kept as are hydrated for a page: `limit + SPARE`."""
    kept: list[C] = []
    for index, row in enumerate(rows):
        if not keep(row):
            continue
        if len(kept) == limit + SPARE:
            return Candidates(rows[:index], kept, True)
        kept.append(row)
    return Candidates(rows, kept, len(rows) >= size)


def fill_page(candidates: Candidates[C], show: Callable[[C], T | None], limit: int) -> tuple[list[T], C | None]:
    """At most `limit` items, and the candidate after which the next page begins, or None at the end.

    `show` is what is shown of a row that was kept, None for what the viewer may not see.

    One round is all that a page gets. It is shorter than `limit` only at the end of the list, or where more than
    `SPARE` of those that were hydrated may not be seen, or where most of the rows that were read are left out by the
    list itself. Then it may even be empty, and `next` says where to go on."""
    items: list[T] = []
    kept = iter(candidates.kept)
    upcoming = next(kept, None)
    last: C | None = None
    for row in candidates.rows:
        if len(items) == limit:
            return items, last if candidates.more or upcoming is not None else None
        last = row
        if row is upcoming:
            item = show(row)
            upcoming = next(kept, None)
            if item is not None:
                items.append(item)
    return items, last if candidates.more else None
