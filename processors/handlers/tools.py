"""What reactors work with. A worker makes it of its clients, a test of things in memory."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from events.generated import Event
from events.positions import Position
from events.settings import Settings
from processors.handlers.patient import transient
from processors.object_store import ObjectStore
from processors.transport.lease import Lease
from producers.publisher import Publishes
from projections.store.protocol import Store

PartitionEnd = tuple[str, int, int]  # topic, partition, next offset


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Tools:
    """The tools of a reactor, which takes what it needs of them.

    - `log_ends`: reads the next offset of each partition of a topic
    - `now`: the worker's clock, in UTC
    - `database_now`: the database's. Raises StoreUnavailable
    """

    store: Store
    publisher: Publishes
    objects: ObjectStore
    log_ends: Callable[[str], Awaitable[list[PartitionEnd]]]
    settings: Settings
    database_now: Callable[[], Awaitable[datetime]]
    now: Callable[[], datetime] = utc_now

    async def agreed_time(self, lease: Lease) -> datetime:
        """A time that both clocks have reached, for what can't be taken back. Raises LeaseLost."""
        return min(self.now(), await lease.retry(self.database_now, transient=transient))

    def that_append(self, kinds: Sequence[type[Event]]) -> "Tools":
        """The same tools for a reactor that appends events of these types, and no others."""
        return replace(self, publisher=DeclaredPublisher(self.publisher, kinds))


class DeclaredPublisher:
    """A publisher of the events that a reactor declares: what it doesn't declare is under no law."""

    def __init__(self, publisher: Publishes, kinds: Sequence[type[Event]]):
        self._publisher, self._kinds = publisher, frozenset(kinds)

    async def publish_all(self, events: Sequence[Event], traceparent: str = "") -> list[Position]:
        """See Publishes. Raises AssertionError for an event of another type, and then appends none."""
        others = {type(event).__name__ for event in events} - {kind.__name__ for kind in self._kinds}
        assert not others, f"the reactor doesn't declare that it appends {', '.join(sorted(others))}"
        return await self._publisher.publish_all(events, traceparent)
