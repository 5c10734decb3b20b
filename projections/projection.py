"""A row projection: a pure function from an event to upserts. Its annotation is its subscription.

A second parameter gets the partition of the log that the event is in, for tables that its worker goes through.
"""

import inspect
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

from events.codec import topic_of
from events.generated import Event
from projections.store.table import Fold, Table, Upsert

GENERATION = 1  # of every read model, until one can be rebuilt into its next: part of a table's name, and in `progress`


class Projection:
    """A named fold of events into the rows of its own tables. The name is permanent: its key in `progress`."""

    def __init__(self, fold: Fold, tables: tuple[Table, ...]):
        self.name = fold.__name__
        self.tables = tables
        self.events = subscription(fold)
        self.topics = sorted({topic_of(event) for event in self.events})
        self._fold, self._wants_partition = fold, len(inspect.signature(fold).parameters) == 2

    def __call__(self, event: Event, partition: int) -> list[Upsert]:
        """The rows that an event gives, which is in this partition of the log."""
        return self._fold(event, partition) if self._wants_partition else self._fold(event)


def projection(*tables: Table) -> Callable[[Fold], Projection]:
    """Makes a fold into these tables a projection."""
    return lambda fold: Projection(fold, tables)


def subscription(fold: Callable[..., Any]) -> frozenset[type[Event]]:
    """The event types that a fold's first parameter is annotated with."""
    hints = get_type_hints(fold)
    hint = next(kind for name, kind in hints.items() if name != "return")
    return frozenset(get_args(hint) or (hint,))
