"""The reader: makes events of a batch's records, decoded once, retried where that can help."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiokafka import ConsumerRecord
from prometheus_client import Counter

from events.codec import Codec, Unreadable, key_of, topic_of
from events.generated import Event
from events.topics import Partitioning, key_bytes
from processors.handlers.absent_keys import AbsentKeys, pause_before
from processors.handlers.patient import transient
from processors.handlers.reject import EVERY, Reject
from processors.transport.lease import Lease

NEW_EVENTS = Counter("darkroom_new_events", "Records passed by, whose type of event a later version brings", ["type"])
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """A record that is an event of this partition."""

    offset: int
    event: Event
    record: ConsumerRecord[Any, Any]


class Reader:
    """Reads records for one reactor, or for all of a topic's projections: `name` is its name in the rejects."""

    def __init__(
        self,
        codec: Codec,
        partitioning: Partitioning,
        name: str = EVERY,
        absent: AbsentKeys | None = None,
        *,
        rejects_new_events: bool = False,
    ):
        """`rejects_new_events`: an event of a type that this version doesn't know is a reject, as any that can't be
        read. Otherwise it is passed by, counted, and told once: while workers are replaced by a later version's, one
        of those may append what the others don't know yet."""
        self._codec, self._partitioning = codec, partitioning
        self._name, self._absent = name, absent or AbsentKeys()
        self._rejects_new_events = rejects_new_events
        self._told: set[str] = set()  # types of events

    async def choose(
        self,
        records: Sequence[ConsumerRecord[Any, Any]],
        wants: Collection[type[Event]],
        lease: Lease,
        *,
        afresh: bool = False,
    ) -> tuple[list[ConsumerRecord[Any, Any]], list[ConsumerRecord[Any, Any]]]:
        """Those records that are of wanted types, and those whose type nobody can tell now, for the registry lacks
        their schema. Nothing is decoded. Raises LeaseLost.

        `afresh`: the registry is asked again for what it lacked a moment ago."""
        values = [record.value for record in records]
        kinds = await lease.retry(lambda: self._codec.kinds(values, afresh=afresh), transient=transient)
        both = list(zip(records, kinds, strict=True))
        chosen = [record for record, kind in both if kind in wants]
        return chosen, [record for record, kind in both if isinstance(kind, Unreadable) and kind.schema_absent]

    async def read(
        self, topic: str, records: Sequence[ConsumerRecord[Any, Any]], lease: Lease
    ) -> tuple[list[Read], list[Reject]]:
        """Decodes records: their events, and those that are none, both in order. Raises LeaseLost."""
        values = [record.value for record in records]
        decoded = await lease.retry(lambda: self._codec.decode(values), transient=transient)
        await self._wait_for_keys(values, decoded, lease)
        reads: list[Read] = []
        rejects: list[Reject] = []
        for record, entry in zip(records, decoded, strict=True):
            if isinstance(entry, Unreadable) and entry.new_event and not self._rejects_new_events:
                self._pass_by(record, entry.new_event)
                continue
            reason = (
                entry.reason if isinstance(entry, Unreadable) else misplaced(topic, self._partitioning, record, entry)
            )
            if reason:
                rejects.append(Reject(record, self._name, reason, decoded=False))
            elif not isinstance(entry, Unreadable):
                reads.append(Read(record.offset, entry, record))
        return reads, rejects

    def _pass_by(self, record: ConsumerRecord[Any, Any], kind: str) -> None:
        NEW_EVENTS.labels(kind).inc()
        if kind not in self._told:
            self._told.add(kind)
            where = f"{record.topic}-{record.partition}@{record.offset}"
            log.warning("%s is a %s, which this version doesn't know: such events are passed by", where, kind)

    async def _wait_for_keys(
        self, values: Sequence[bytes | None], decoded: list[Event | Unreadable], lease: Lease
    ) -> None:
        """Decodes again, for a while, what lacks its person's key. See AbsentKeys."""
        absent = lacking_keys(decoded)
        people = set(absent.values())
        looks = self._absent.looks(people)
        for look in range(looks):
            await lease.pause(pause_before(look))
            again = [values[i] for i in absent]
            found = await lease.retry(lambda v=again: self._codec.decode(v), transient=transient)
            for i, entry in zip(absent, found, strict=True):
                decoded[i] = entry
            absent = lacking_keys(decoded)
            if not absent:
                break
        self._absent.waited(people, set(absent.values()), looks)


def lacking_keys(decoded: Sequence[Event | Unreadable]) -> dict[int, UUID]:
    """Which entries lack their person's key, and whose that is."""
    return {
        i: entry.key_absent
        for i, entry in enumerate(decoded)
        if isinstance(entry, Unreadable) and entry.key_absent is not None
    }


def misplaced(topic: str, partitioning: Partitioning, record: ConsumerRecord[Any, Any], event: Event) -> str:
    """Why an event may not be where it is, or nothing: tallies rely on an event being in its person's partition."""
    key = key_of(event)
    if topic_of(type(event)) != topic:
        return f"a {type(event).__name__} belongs in {topic_of(type(event))}"
    if record.key != key_bytes(key):
        return f"the record's key isn't the {type(event).__name__}'s person {key}"
    if record.partition != (right := partitioning.of(topic, key)):
        return f"{key} belongs in partition {right} (murmur2)"
    return ""
