"""The thread that aiokafka runs in: taking fetched records out of it, by partition and within limits.

It reaches into private parts of aiokafka and Faust; `processors.transport` pins both.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from aiokafka import ConsumerRecord
from aiokafka.consumer.fetcher import Fetcher as AIOKafkaFetcher
from aiokafka.consumer.fetcher import FetchError
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

IDLE_WAIT_MS = 1500  # how long the broker may hold a fetch when all partitions are in it
BUSY_WAIT_MS = 25  # and when some aren't, because what they fetched before hasn't been taken yet
TAKE_SECONDS = 5.0  # a safety net; what makes records takeable also wakes the wait for them

T = TypeVar("T")


class Taken(NamedTuple):
    """What a fetch gave one partition: `start` and `end` are log positions, and meet those of the next one."""

    tp: TP
    start: int
    end: int
    records: list[ConsumerRecord]


class Fetcher(AIOKafkaFetcher):
    """aiokafka sends one fetch a node at a time: one that waits for idle partitions must not hold up a busy one.

    A partition with untaken records isn't in the fetch. Without the short wait it had to sit out the idle ones' 1.5 s.
    """

    @property
    def _fetch_max_wait_ms(self) -> int:
        return BUSY_WAIT_MS if self._records else IDLE_WAIT_MS

    @_fetch_max_wait_ms.setter
    def _fetch_max_wait_ms(self, _: int) -> None: ...


class Listener(driver.ConsumerRebalanceListener):
    """Pauses what was assigned until its start is known: else aiokafka fetches from Kafka's committed offset, and
    the real start waits until the broker has answered that."""

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self._thread._ensure_consumer().pause(*assigned)
        await super().on_partitions_assigned(assigned)


class Thread(driver.AIOKafkaConsumerThread):
    """The thread that aiokafka runs in; heartbeats go on in it whatever the handlers do."""

    async def on_start(self) -> None:
        await super().on_start()
        fetcher: Any = self._ensure_consumer()._fetcher
        fetcher.__class__ = Fetcher
        fetcher._prefetch_backoff = 0.01  # as long as a fetch waits for records to be taken, so as to include theirs
        fetcher._fetcher_timeout = 1.0  # 5 idle turns a second otherwise; every change it polls for also wakes it

    async def on_thread_stop(self) -> None:
        # aiokafka's stop waits for a rebalance that is under way, for as long as the slowest member takes.
        with suppress(TimeoutError):
            async with asyncio.timeout(3.0):
                await super().on_thread_stop()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work` in the thread. (Faust's own way goes through a queue with two workers, which a wait blocks.)"""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.thread_loop))

    def poke(self) -> None:
        """Make `take` look again. Safe from any thread, also when this one has ended."""
        with suppress(RuntimeError):
            self.thread_loop.call_soon_threadsafe(self._poke)

    def _poke(self) -> None:
        fetcher: Any = self._ensure_consumer()._fetcher
        for waiter in list(fetcher._fetch_waiters):
            fetcher._notify(waiter)

    def buffered(self, tp: TP) -> bool:
        """Whether records of the partition wait to be taken. Safe from any thread."""
        return self._consumer is not None and tp in self._consumer._fetcher._records

    async def log_bounds(self, tps: Iterable[TP]) -> dict[TP, tuple[int, int]]:
        """The first offset of each partition, and the one that its next record will get."""
        consumer: Any = self._ensure_consumer()
        wanted = driver.ensure_aiokafka_TPset(tps)
        first, end = await asyncio.gather(consumer.beginning_offsets(wanted), consumer.end_offsets(wanted))
        return {tp: (first[tp], end[tp]) for tp in tps}

    async def seek_all(self, starts: Mapping[TP, int]) -> None:
        """Fetch each partition from its start. IllegalStateError if one isn't assigned any more."""
        consumer: Any = self._ensure_consumer()
        for tp, offset in starts.items():
            consumer.seek(driver.ensure_aiokafka_TP(tp), offset)
        consumer.resume(*driver.ensure_aiokafka_TPset(starts))

    async def take(self, room: set[TP], max_records: int, max_bytes: int) -> list[Taken]:
        """Fetched records, one entry a partition, of partitions that are in `room` (which may change meanwhile).

        Waits for some, and returns none when the flow stops. KafkaError from aiokafka; then nothing was taken.
        """
        consumer: Any = self._ensure_consumer()
        fetcher: Any = consumer._fetcher
        with fetcher._subscriptions.fetch_context():
            while self.consumer.flow_active:
                if consumer._closed or fetcher._closed:
                    raise ConsumerStoppedError
                if not fetcher._subscriptions.reassignment_in_progress:
                    taken = [*self._ready(fetcher, room, max_records, max_bytes)]
                    if taken:
                        return taken
                waiter = fetcher._create_fetch_waiter()
                done, _ = await asyncio.wait([waiter], timeout=TAKE_SECONDS)
                if not done:
                    waiter.cancel()
                    break
                waiter.result()  # errors of the group's coordination arrive here
        return []

    def _ready(self, fetcher: Any, room: set[TP], max_records: int, max_bytes: int) -> Iterator[Taken]:
        some = False
        for tp in list(fetcher._records):
            held = fetcher._records[tp]
            if not fetcher._subscriptions.is_assigned(tp):
                del fetcher._records[tp]
            elif tp in room:
                try:
                    if isinstance(held, FetchError):
                        held.check_raise()
                    taken = unpack(tp, held, max_records, max_bytes)
                except Exception:
                    # Fetch it again: the position is where it was. What others gave must not be lost, though.
                    self._consumed(fetcher, tp)
                    if some:
                        continue
                    raise
                if not held.has_more():
                    self._consumed(fetcher, tp)
                if taken is not None:
                    some = True
                    yield taken

    def _consumed(self, fetcher: Any, tp: TP) -> None:
        del fetcher._records[tp]
        fetcher._notify(fetcher._wait_consume_future)

    async def commit_now(self, offsets: Mapping[TP, int]) -> bool:
        # Faust's crashes the app on most errors; these offsets are for lag displays, and the next ones follow.
        consumer: Any = self._ensure_consumer()
        try:
            await consumer.commit({driver.ensure_aiokafka_TP(tp): offset for tp, offset in offsets.items()})
        except KafkaError as error:
            self.log.info("Offsets not committed: %r", error)
            return False
        return True


def unpack(tp: TP, held: Any, max_records: int, max_bytes: int) -> Taken | None:
    """Take up to a batch from aiokafka's FetchResult (its `getall`, with a limit of bytes). None if it was revoked."""
    if not held.check_assignment(tp) or not held.has_more():
        return None
    start: int = held._partition_records.next_fetch_offset
    records: list[ConsumerRecord] = []
    size = 0
    for record in held._partition_records:
        records.append(record)
        size += max(record.serialized_key_size, 0) + max(record.serialized_value_size, 0)
        if len(records) >= max_records or size >= max_bytes:
            held._update_position()
            return Taken(TP(*tp), start, held._partition_records.next_fetch_offset, records)
    held._update_position()
    end: int = held._partition_records.next_fetch_offset
    held._partition_records = None
    return Taken(TP(*tp), start, end, records)
