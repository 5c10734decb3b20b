"""Rejects: records that no retry will mend, as values, before they are dead letters."""

from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord

EVERY = "*"  # in place of a projection's name: all of the topic's


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that `name` (a projection, a reactor, or EVERY) couldn't take, and why.

    `decoded` is False for a record that is no event of its partition, which says nothing against `name`."""

    record: ConsumerRecord[Any, Any]
    name: str
    reason: str
    decoded: bool = True

    @property
    def counted_as(self) -> str:
        """The name under which the circuit breaker counts it."""
        return self.name if self.decoded else EVERY
