"""What makes a record fail at first: bytes that don't decode, a projection that raises, a store that refuses."""

import copy
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiokafka import ConsumerRecord

from events.generated import Event
from events.positions import Position
from processors.handlers.batch import Batch, Partition
from processors.handlers.dead_letter import DeadLetter, DeadLetterQueue
from processors.handlers.projector import Projector
from processors.handlers.reactor import Reactor
from processors.redrive.corrections import following
from processors.redrive.replay import Ask, ProjectorReplay
from processors.transport.lease import Lease
from projections.catalog import of_topic
from projections.projection import Projection
from projections.store.memory import MemoryStore
from projections.store.protocol import Store, Unstorable
from projections.store.table import STAMPS_PER_OFFSET, Stamped
from projections.tally.tally import Tally
from tests.kit import MemoryLog, answers, cut, memory_codec

Projections = Sequence[Projection | Tally]


def undecodable(log: MemoryLog, bad: ConsumerRecord[Any, Any]) -> MemoryLog:
    """The log, with a schema that nobody knows in one record: its event's id can still be told."""
    other = MemoryLog(log.codec)
    for place, records in log.partitions.items():
        other.partitions[place] = [unknown_schema(each) if each is bad else each for each in records]
    return other


def unknown_schema(each: ConsumerRecord[Any, Any]) -> ConsumerRecord[Any, Any]:
    """The record, with the id of a schema that the registry doesn't have."""
    return replace(each, value=b"\0\xff\xff\xff\xff" + (each.value or b"")[5:])


def unfoldable(each: Projection | Tally, bad: Event) -> Projection | Tally:
    """The projection, but that it can't take one event."""
    fold = each._fold

    def raising(event: Event, *where: int) -> Any:
        if event == bad:
            raise ArithmeticError("a bug")
        return fold(event, *where)

    failing = copy.copy(each)
    failing._fold = raising
    return failing


class RefusingStore(MemoryStore):
    """Takes no row of a record at one of these offsets, and some of those that were to be written beside it."""

    def __init__(self, offsets: Collection[int]):
        super().__init__()
        self.refused = set(offsets)
        self.attempts = 0  # how often rows were to be written that hold one to be refused

    async def write(self, rows: Sequence[Stamped]) -> None:
        for row in rows:
            self._check([row])
            await super().write([row])

    async def write_together(self, rows: Sequence[Stamped]) -> None:
        self._check(rows)
        await super().write(rows)

    def _check(self, rows: Sequence[Stamped]) -> None:
        if any(row.upsert.table.name != "progress" and row.stamp // STAMPS_PER_OFFSET in self.refused for row in rows):
            self.attempts += 1
            raise Unstorable("too large")


class MemoryCorrections:
    """Corrections in memory: how often each record was corrected."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, int, int], int] = {}

    async def next_numbers(self, topic: str, partition: int, offsets: Collection[int]) -> Mapping[int, int]:
        """See Corrections."""
        known = {offset: self.numbers.get((topic, partition, offset), 0) for offset in offsets}
        numbers = following(offsets, known)
        self.numbers |= {(topic, partition, offset): number for offset, number in numbers.items()}
        return numbers


async def nobody(letters: Sequence[tuple[Position, str]]) -> None:
    """Asks no reactor."""


def projector_replay(
    topic: str,
    store: Store,
    projections: Projections | None = None,
    corrections: MemoryCorrections | None = None,
    reactors: Sequence[type[Reactor]] = (),
    ask: Ask = nobody,
) -> ProjectorReplay:
    """A replay of a topic's projections, or of those that are given."""
    each = of_topic(topic) if projections is None else projections
    numbers = corrections or MemoryCorrections()
    return ProjectorReplay(topic, each, store, memory_codec, numbers, reactors=reactors, ask=ask)


async def fold_all(log: MemoryLog, projections: Projections, store: Store, size: int) -> list[DeadLetter]:
    """Folds every partition of a log; the letters that came of it."""
    letters: list[DeadLetter] = []

    async def keep(letter: DeadLetter) -> None:
        letters.append(letter)

    for (topic, partition), records in log.partitions.items():
        projector = Projector(topic, projections, store, log.codec, DeadLetterQueue(keep))
        await projector.start(Partition(topic, partition))
        for part in cut(records, size):
            await projector.handle(Batch(topic, partition, 1, list(part)), Lease.of())
    return letters


async def redrive(log: MemoryLog, topic: str, letters: Sequence[DeadLetter], store: Store, size: int) -> None:
    """Does the letters' records again, as the owner of their partitions would, in the order of the letters' names."""
    replay = projector_replay(topic, store)
    groups: dict[tuple[int, str], set[int]] = defaultdict(set)
    for letter in letters:
        groups[letter.position.partition, letter.projection].add(letter.position.offset)
    for (partition, name), offsets in groups.items():
        for records in cut([log.partitions[topic, partition][offset] for offset in sorted(offsets)], size):
            assert await replay(records, name, Lease.of()) == {}


def values(store: MemoryStore) -> dict[str, Any]:
    """All that the tables say, but for how often and where a tally's shard was corrected."""
    return {
        table: {
            key: {column: value for column, value in row.items() if column not in ("position", "epoch")}
            for key, row in rows.items()
        }
        for table, rows in answers(store).items()
    }
