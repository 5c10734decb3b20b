"""Previews what a redrive would change, because at other projects 380,000 old events were sent again unannounced."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click
from aiokafka import ConsumerRecord

from events.codec import Unreadable
from events.error_text import described
from events.generated import Event
from events.topics import Partitioning
from ops.deadletters.letters import Letter, LetterId
from processors.catalog import reactors
from processors.handlers.reader import misplaced
from processors.handlers.reject import EVERY
from projections.catalog import PROJECTIONS, of_topic
from projections.store.table import partition_key
from projections.tally.tally import Tally

FOLDED = {EVERY, *(each.name for each in PROJECTIONS)}


@dataclass
class Preview:
    """What redriving some letters would do.

    - `partitioning`: how the log is divided
    - `done`: letters that were redriven with success before
    - `left_out`: those of them that were selected
    - `letters`: those that would be redriven, with the time of each
    - `events`: what they are, counted
    - `still_failing`: reasons for which some would fail again, counted
    - `touches`: the partitions of each table that would be written
    - `looking_again`: reactors that would look at an event again, as what they had read lacked it
    """

    partitioning: Partitioning
    done: set[LetterId] = field(default_factory=set[LetterId])
    left_out: set[LetterId] = field(default_factory=set[LetterId])
    letters: dict[LetterId, datetime] = field(default_factory=dict[LetterId, datetime])
    events: Counter[str] = field(default_factory=Counter[str])
    still_failing: Counter[str] = field(default_factory=Counter[str])
    touches: dict[str, set[Any]] = field(default_factory=dict[str, set[Any]])
    looking_again: set[str] = field(default_factory=set[str])

    def add(self, letter: Letter, event: Event | Unreadable | None) -> None:
        """Counts a letter, once; `event` is what its record decodes to now (None: the letter was cut)."""
        if letter.id in self.done:
            self.left_out.add(letter.id)
            return
        if letter.id in self.letters:
            return
        self.letters[letter.id] = letter.at
        why = None
        if event is not None:
            place = letter.position.topic, self.partitioning, record_of(letter)
            why = event.reason if isinstance(event, Unreadable) else misplaced(*place, event)
        if why:
            self.still_failing[why] += 1
        elif event is not None and not isinstance(event, Unreadable):
            self.events[type(event).__name__] += 1
            self._touch(letter, event)

    def _touch(self, letter: Letter, event: Event) -> None:
        if letter.projection in FOLDED:
            self.looking_again |= {reactor.name for reactor in reactors() if type(event) in reactor.wants}
        for each in of_topic(letter.position.topic):
            if letter.projection not in (EVERY, each.name) or type(event) not in each.events:
                continue
            try:
                if isinstance(each, Tally):
                    self.touches.setdefault(each.members.name, set()).update(change.entity for change in each(event))
                else:
                    for upsert in each(event, letter.position.partition):
                        self.touches.setdefault(upsert.table.name, set()).add(partition_key(upsert))
            except Exception as error:  # as in the projector: what a fold raises once it raises always
                self.still_failing[f"{each.name} can't fold {type(event).__name__}: {described(error)}"] += 1

    @property
    def reactors(self) -> list[str]:
        """Names the reactors that would act again, and may append to the log."""
        return sorted(({name for _, name in self.letters} - FOLDED) | self.looking_again)

    def to_json(self) -> dict[str, Any]:
        """Makes the form that --json prints."""
        names = Counter(f"{position.topic}/{name}" for position, name in self.letters)
        return {
            "letters": len(self.letters),
            "left_out": len(self.left_out),
            "records": len({position for position, _ in self.letters}),
            "by_topic_and_projection": dict(sorted(names.items())),
            "first_set_aside": min(self.letters.values()).isoformat() if self.letters else None,
            "last_set_aside": max(self.letters.values()).isoformat() if self.letters else None,
            "events": dict(self.events.most_common()),
            "still_wrong": dict(self.still_failing.most_common()),
            "touches": {table: len(keys) for table, keys in sorted(self.touches.items())},
            "processors": self.reactors,
        }

    def print(self) -> None:
        """Prints it for a person."""
        names = Counter((position.topic, name) for position, name in self.letters)
        records = len({position for position, _ in self.letters})
        click.echo(f"This redrives {records:,} records ({len(self.letters):,} dead letters):")
        for (topic, name), count in sorted(names.items()):
            which = "all projections" if name == EVERY else name
            click.echo(f"  {count:>9,} of {topic} for {which}")
        if self.letters:
            first, last = min(self.letters.values()), max(self.letters.values())
            click.echo(f"They were set aside from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC.")
        if self.left_out:
            click.echo(
                f"{len(self.left_out):,} were redriven with success before and are left out (name them to insist)."
            )
        if self.events:
            click.echo("What they are: " + ", ".join(f"{count:,} {name}" for name, count in self.events.most_common()))
        if self.touches:
            touched = (f"{len(keys):,} in {table}" for table, keys in sorted(self.touches.items()))
            click.echo("Partitions written: " + ", ".join(touched))
        if self.reactors:
            click.echo(f"{', '.join(self.reactors)} will act on them again, and may append events to the log.")
        if self.still_failing:
            click.echo(f"{sum(self.still_failing.values()):,} would fail again:")
            print_reasons(self.still_failing)


def record_of(letter: Letter) -> "ConsumerRecord[Any, Any]":
    """Makes a letter's record, as it was read from the log."""
    at = letter.position
    return ConsumerRecord(at.topic, at.partition, at.offset, 0, 1, letter.key, letter.value, None, 0, 0, ())


def print_reasons(reasons: Counter[str], most: int = 10) -> None:
    """Prints how often each reason comes, the most frequent first."""
    for reason, count in reasons.most_common(most):
        click.echo(f"  {count:>9,} {reason[:200]}")
    if len(reasons) > most:
        click.echo(f"            and {len(reasons) - most:,} other reasons")
