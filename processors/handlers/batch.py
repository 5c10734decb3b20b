"""Batches: what a handler is given, without the transport that fetched them."""

from dataclasses import dataclass
from typing import NamedTuple

from aiokafka import ConsumerRecord

MAX_RECORDS = 2000  # in a batch

UNASSIGNED = 0  # the assignment of a batch that was read outside the consumer group

Record = ConsumerRecord[bytes, bytes]


class Partition(NamedTuple):
    """One partition of a topic; equal to Kafka clients' own named tuples of the same two values."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of one partition's records, at least one, undecoded and with strictly rising offsets.

    `assignment` is the number of the consumer group's assignment under which they were fetched (what Kafka calls the
    group's generation)."""

    topic: str
    partition: int
    assignment: int
    records: list[Record]

    @property
    def topic_partition(self) -> Partition:
        """The partition that the records are of."""
        return Partition(self.topic, self.partition)

    @property
    def next_offset(self) -> int:
        """Where the next batch can begin: the offset after the last record's."""
        return self.records[-1].offset + 1
