"""The fold of a batch: events to rows and changes of sets. It is pure; a fold that raises is a value of its result."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from events.error_text import described
from events.generated import Event
from processors.handlers.reader import Read
from processors.handlers.reject import Reject
from projections.projection import Projection
from projections.store.table import Stamped
from projections.tally.stamps import FIRST_FOLD, Stamps
from projections.tally.tally import Change, Tally

Subscribers = Mapping[type[Event], Sequence[Projection | Tally]]


@dataclass(frozen=True, slots=True)
class FoldedRecord:
    """What one record folds to: rows, changes of sets, and who can't fold it and why."""

    read: Read
    rows: list[Stamped]
    changes: list[tuple[Tally, Change]]
    rejects: list[Reject]


def subscribers(projections: Iterable[Projection | Tally]) -> Subscribers:
    """Projections by the types of event that they fold; those of rows come first."""
    found: dict[type[Event], list[Projection | Tally]] = {}
    for projection in sorted(projections, key=lambda one: isinstance(one, Tally)):
        for kind in projection.events:
            found.setdefault(kind, []).append(projection)
    return found


def wanting(read: Read, wanted: Mapping[str, int], to: Subscribers) -> Iterator[Projection | Tally]:
    """The projections that have yet to fold an event; `wanted` has the next offset of each, by name."""
    return (projection for projection in to.get(type(read.event), ()) if read.offset >= wanted[projection.name])


def fold(
    reads: Sequence[Read], wanted: Mapping[str, int], to: Subscribers, stamps: Stamps = FIRST_FOLD
) -> list[FoldedRecord]:
    """Folds events with all projections that have yet to fold them."""
    return [fold_one(read, wanted, to, stamps) for read in reads]


def fold_one(read: Read, wanted: Mapping[str, int], to: Subscribers, stamps: Stamps) -> FoldedRecord:
    """Folds one event."""
    folded = FoldedRecord(read, [], [], [])
    stamp = stamps.of_record(read.offset)
    for projection in wanting(read, wanted, to):
        try:
            if isinstance(projection, Tally):
                folded.changes.extend([(projection, change) for change in projection(read.event)])
            else:
                folded.rows.extend([Stamped(upsert, stamp) for upsert in projection(read.event, read.record.partition)])
        except Exception as error:  # a fold is pure: what it raises once it raises always
            reason = f"{projection.name} can't fold {type(read.event).__name__}: {described(error)}"
            folded.rejects.append(Reject(read.record, projection.name, reason))
    return folded
