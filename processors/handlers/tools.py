"""What reactors work with. A worker makes it of its clients, a test of things in memory."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from events.settings import Settings
from processors.object_store import ObjectStore
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
    - `now`: the clock, in UTC
    """

    store: Store
    publisher: Publishes
    objects: ObjectStore
    log_ends: Callable[[str], Awaitable[list[PartitionEnd]]]
    settings: Settings
    now: Callable[[], datetime] = utc_now
