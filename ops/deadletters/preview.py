"""Previews what a redrive would change, because at other projects 380,000 old events were sent again unannounced."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click
from aiokafka import ConsumerRecord

from events.codec import Unreadable
from events.generated import Event
from ops.deadletters.letters import Letter
from ops.deadletters.session import Place
from processors.handlers.reader import misplaced
from processors.handlers.reject import EVERY
from projections.catalog import PROJECTIONS, of_topic
from projections.store.table import partition_key
from projections.tally.tally import Tally


@dataclass
class Preview:
    """What redriving some letters would do. `touches`: the partitions of each table that would be written."""

    done: set[Place] = field(default_factory=set[Place])  # applied before, and so left out
    left_out: set[Place] = field(default_factory=set[Place])
    places: dict[Place, datetime] = field(default_factory=dict[Place, datetime])
    events: Counter[str] = field(default_factory=Counter[str])
    still: Counter[str] = field(default_factory=Counter[str])
    touches: dict[str, set[Any]] = field(default_factory=dict[str, set[Any]])

    def add(self, letter: Letter, event: Event | Unreadable | None) -> None:
        """Counts a letter, once; `event` is what its record decodes to now (None: the letter was cut)."""
        place = (letter.position, letter.projection)
        if place in self.done:
            self.left_out.add(place)
            return
        if place in self.places:
            return
        self.places[place] = letter.at
        why = None
        if event is not None:
            record, topic = record_of(letter), letter.position.topic
            why = event.reason if isinstance(event, Unreadable) else misplaced(topic, record, event)
        if why:
            self.still[why] += 1
        elif event is not None and not isinstance(event, Unreadable):
            self.events[type(event).__name__] += 1
            self._touch(letter, event)

    def _touch(self, letter: Letter, event: Event) -> None:
        for each in of_topic(letter.position.topic):
            if letter.projection not in (EVERY, each.name) or type(event) not in each.events:
                continue
            try:
                if isinstance(each, Tally):
                    self.touches.setdefault(each.members.name, set()).update(change.entity for change in each(event))
                else:
                    for upsert in each(event):
                        self.touches.setdefault(upsert.table.name, set()).add(partition_key(upsert))
            except Exception as error:  # as in the projector: what a fold raises once it raises always
                self.still[f"{each.name} can't fold it: {type(error).__name__}: {error}"] += 1

    @property
    def processors(self) -> list[str]:
        """The reactors that would act again, and may append to the log."""
        folded = {EVERY, *(each.name for each in PROJECTIONS)}
        return sorted({name for _, name in self.places} - folded)

    def form(self) -> dict[str, Any]:
        """For --json."""
        names = Counter(f"{position.topic}/{name}" for position, name in self.places)
        return {
            "letters": len(self.places),
            "left_out": len(self.left_out),
            "records": len({position for position, _ in self.places}),
            "by_topic_and_projection": dict(sorted(names.items())),
            "first_set_aside": min(self.places.values()).isoformat() if self.places else None,
            "last_set_aside": max(self.places.values()).isoformat() if self.places else None,
            "events": dict(self.events.most_common()),
            "still_wrong": dict(self.still.most_common()),
            "touches": {table: len(keys) for table, keys in sorted(self.touches.items())},
            "processors": self.processors,
        }

    def say(self) -> None:
        """For a person."""
        names = Counter((position.topic, name) for position, name in self.places)
        records = len({position for position, _ in self.places})
        click.echo(f"This redrives {records:,} records ({len(self.places):,} dead letters):")
        for (topic, name), count in sorted(names.items()):
            which = "all projections" if name == EVERY else name
            click.echo(f"  {count:>9,} of {topic} for {which}")
        if self.places:
            first, last = min(self.places.values()), max(self.places.values())
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
        if self.processors:
            click.echo(f"{', '.join(self.processors)} will act on them again, and may append events to the log.")
        if self.still:
            click.echo(f"{sum(self.still.values()):,} would fail again:")
            counted(self.still)


def record_of(letter: Letter) -> "ConsumerRecord[Any, Any]":
    """A letter's record, as it was read from the log."""
    at = letter.position
    return ConsumerRecord(at.topic, at.partition, at.offset, 0, 1, letter.key, letter.value, None, 0, 0, ())


def counted(reasons: Counter[str], most: int = 10) -> None:
    """How often each reason comes, the most frequent ones."""
    for reason, count in reasons.most_common(most):
        click.echo(f"  {count:>9,} {reason[:200]}")
    if len(reasons) > most:
        click.echo(f"            and {len(reasons) - most:,} other reasons")
