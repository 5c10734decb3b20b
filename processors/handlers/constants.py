"""Rows that are nothing but their key, such as the days on which a roll has photos: written once is enough.

Whoever writes one again writes what is there. Nothing is deleted, so its stamp doesn't matter either. So those that the
database has acknowledged are remembered, some thousands of them, until it may have lost something."""

from collections.abc import Iterable
from typing import Any

from projections.store.table import Stamped

REMEMBERED = 20_000  # twice as many at most: some 10 MB


def is_constant(row: Stamped) -> bool:
    """Whether a row has no column but those of its key."""
    return len(row.upsert.columns) == len(row.upsert.table.key)


class Constants:
    """The rows of this kind that are surely there."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._young: dict[Any, None] = {}
        self._old: dict[Any, None] = {}  # dropped whole when the young ones are so many

    def missing(self, rows: Iterable[Stamped]) -> list[Stamped]:
        """Those that may not be there, each of them once."""
        wanted = {(row.upsert.table.name, row.upsert.values): row for row in rows}
        return [row for key, row in wanted.items() if not self._knows(key)]

    def learn(self, rows: Iterable[Stamped]) -> None:
        """Remembers rows that were acknowledged."""
        for row in rows:
            self._add((row.upsert.table.name, row.upsert.values))

    def clear(self) -> None:
        """Forgets all: the database may have lost some."""
        self._young, self._old = {}, {}

    def _knows(self, key: Any) -> bool:
        if key in self._young:
            return True
        if key in self._old:
            self._add(key)
            return True
        return False

    def _add(self, key: Any) -> None:
        if len(self._young) >= self._most:
            self._young, self._old = {}, self._young
        self._young[key] = None
