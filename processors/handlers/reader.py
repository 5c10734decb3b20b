"""From a batch of records to events: decoded once, retried where that can help, set aside where it can't."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord

from events.codec import Codec, Unreadable, key_of, topic_of
from events.generated import Event
from events.positions import Position
from events.topics import key_bytes, partition_of
from processors.handlers.dead_letter import DeadLetter
from processors.handlers.patient import transient
from processors.transport.lease import Lease

KEY_ABSENT_TRIES = 8  # about 13 s: a key is written before its person's first event, so absence means it was lost
LETTERS_AT_ONCE = 64
GIVEN_UP = 10_000  # absent keys that are remembered, so as not to be waited for with each batch

SendLetter = Callable[[DeadLetter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Read:
    """A record that is an event of this partition."""

    offset: int
    event: Event
    record: ConsumerRecord[Any, Any]


class Reader:
    """Reads records for one projection or processor (`name` in the dead letters; `*` stands for all of a topic's)."""

    def __init__(
        self, codec: Codec, send: SendLetter, name: str, generation: int = 1, key_absent_tries: int = KEY_ABSENT_TRIES
    ):
        self._codec, self._send, self._name, self._generation = codec, send, name, generation
        self._tries = key_absent_tries
        self._given_up: set[str] = set()  # reasons, each of which names a person

    async def read(self, topic: str, records: Sequence[ConsumerRecord[Any, Any]], lease: Lease) -> list[Read]:
        """The records' events, in order; a record that isn't one goes to the dead letters first. LeaseLost."""
        values = [record.value for record in records]
        decoded = await lease.retry(lambda: self._codec.decode(values), transient=transient)
        for attempt in range(self._tries):
            absent = [i for i, entry in enumerate(decoded) if isinstance(entry, Unreadable) and entry.key_absent]
            if self._given_up.issuperset(absences(decoded)):
                break
            await lease.pause(0.05 * 2**attempt)
            again = [values[i] for i in absent]
            for i, entry in zip(
                absent, await lease.retry(lambda v=again: self._codec.decode(v), transient=transient), strict=True
            ):
                decoded[i] = entry
        self._give_up(decoded)
        events: list[Read] = []
        wrong: list[tuple[ConsumerRecord[Any, Any], str]] = []
        for record, entry in zip(records, decoded, strict=True):
            reason = entry.reason if isinstance(entry, Unreadable) else misplaced(topic, record, entry)
            if reason:
                wrong.append((record, reason))
            elif not isinstance(entry, Unreadable):
                events.append(Read(record.offset, entry, record))
        for i in range(0, len(wrong), LETTERS_AT_ONCE):
            some = wrong[i : i + LETTERS_AT_ONCE]
            sent = (self.set_aside(topic, record, reason, self._name, lease) for record, reason in some)
            for failure in await asyncio.gather(*sent, return_exceptions=True):
                if failure is not None:
                    raise failure
        return events

    def _give_up(self, decoded: Sequence[Event | Unreadable]) -> None:
        """Remembers which keys were waited for in vain: only their first batch waits."""
        if len(self._given_up) > GIVEN_UP:
            self._given_up.clear()
        self._given_up |= absences(decoded)

    async def set_aside(
        self, topic: str, record: ConsumerRecord[Any, Any], reason: str, name: str, lease: Lease
    ) -> None:
        """Sends a record to the dead letters, for as long as it takes. LeaseLost."""
        position = Position(topic, record.partition, record.offset)
        letter = DeadLetter(position, record.key, record.value, reason, name, self._generation)
        await lease.retry(lambda: self._send(letter), transient=transient)


def absences(decoded: Sequence[Event | Unreadable]) -> set[str]:
    """Which keys are absent, as the reasons say it."""
    return {entry.reason for entry in decoded if isinstance(entry, Unreadable) and entry.key_absent}


def misplaced(topic: str, record: ConsumerRecord[Any, Any], event: Event) -> str:
    """Why an event may not be where it is, or nothing: tallies rely on an event being in its person's partition."""
    key = key_of(event)
    if topic_of(type(event)) != topic:
        return f"a {type(event).__name__} belongs in {topic_of(type(event))}"
    if record.key != key_bytes(key):
        return f"the record's key isn't the {type(event).__name__}'s person {key}"
    if record.partition != partition_of(topic, key):
        return f"{key} belongs in partition {partition_of(topic, key)} (murmur2)"
    return ""
