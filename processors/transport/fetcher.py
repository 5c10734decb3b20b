"""The thread that aiokafka runs in: taking fetched records out of it, by partition and within limits.

It reaches into private parts of aiokafka and Faust; `processors.transport.consumer` pins both.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from aiokafka.consumer.fetcher import Fetcher as AIOKafkaFetcher
from aiokafka.consumer.fetcher import FetchError
from aiokafka.errors import ConsumerStoppedError, KafkaError, OffsetOutOfRangeError, RecordTooLargeError
from aiokafka.util import commit_structure_validate
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from processors.handlers.batch import Record
from processors.log.records import OutsideTheLog
from processors.transport.membership import FencedMember, make_static

IDLE_WAIT_MS = 1500  # how long the broker may hold a fetch when all partitions are in it
BUSY_WAIT_MS = 25  # and when some aren't, because what they fetched before hasn't been taken yet
TAKE_SECONDS = 5.0  # a safety net; what makes records takeable also wakes the wait for them
COMMIT_SECONDS = 3.0
STOP_SECONDS = 3.0

T = TypeVar("T")


class Taken(NamedTuple):
    """What a fetch gave one partition: `start` and `end` are log positions, and meet those of the next one."""

    tp: TP
    start: int
    end: int
    records: list[Record]


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

    mundane_level = "debug"

    async def on_start(self) -> None:
        await super().on_start()
        make_static(self._ensure_consumer(), self._fenced)
        fetcher: Any = self._ensure_consumer()._fetcher
        fetcher.__class__ = Fetcher
        fetcher._prefetch_backoff = 0.01  # as long as a fetch waits for records to be taken, so as to include theirs
        fetcher._fetcher_timeout = 1.0  # 5 idle turns a second otherwise; every change it polls for also wakes it

    def _fenced(self, error: FencedMember) -> None:
        asyncio.run_coroutine_threadsafe(self.app.crash(error), self.app.loop)

    async def on_thread_stop(self) -> None:
        """Leaves the group and closes the connections, in bounded time.

        aiokafka waits for a rebalance under way as long as its slowest member takes, and for a broker that is
        down as long as it is; and a cancellation that came out of this would leave Faust waiting for a minute.
        """
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await super().on_thread_stop()
        except (KafkaError, TimeoutError, asyncio.CancelledError) as error:
            self.log.warning("Stopped without leaving the group: %r", error)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Awaits `work` in the thread. (Faust's own way goes through a queue with two workers, which a wait blocks.)"""
        done = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(outcome(work), self.thread_loop))
        if done[1] is not None:
            raise done[1]
        return done[0]

    def poke(self) -> None:
        """Makes `take` look again. Safe from any thread, also when this one has ended."""
        with suppress(RuntimeError):
            self.thread_loop.call_soon_threadsafe(self._poke)

    def _poke(self) -> None:
        fetcher: Any = self._ensure_consumer()._fetcher
        for waiter in list(fetcher._fetch_waiters):
            fetcher._notify(waiter)

    def buffered(self, tp: TP) -> bool:
        """Whether records of the partition wait to be taken. Safe from any thread."""
        consumer: Any = self._consumer
        return consumer is not None and tp in consumer._fetcher._records

    async def begin_at(self, starts: Mapping[TP, int]) -> None:
        """Fetches each partition from its start. Raises OutsideTheLog; KafkaError, also if one
        isn't assigned any more."""
        consumer: Any = self._ensure_consumer()
        tps = driver.ensure_aiokafka_TPset(starts)
        firsts, ends = await asyncio.gather(consumer.beginning_offsets(tps), consumer.end_offsets(tps))
        for tp, start in sorted(starts.items()):
            first, end = firsts[tp], ends[tp]
            if not first <= start <= end:
                what = "beyond the log's end" if start > end else "before the log's beginning"
                raise OutsideTheLog(
                    f"{self.app.conf.id}: {tp.topic}-{tp.partition} would start at {start}, {what}: the log has "
                    f"offsets {first} to {end - 1}. Records were lost, or the read model is another log's."
                )
        for tp in tps:
            consumer.seek(tp, starts[TP(*tp)])
        consumer.resume(*tps)

    async def take(self, room: set[TP], max_records: int, max_bytes: int) -> list[Taken]:
        """Takes fetched records, one entry a partition, of partitions that are in `room` (which may change meanwhile).

        Waits for some, and returns none when the flow stops. Raises KafkaError or OutsideTheLog; then nothing
        was taken.
        """
        consumer: Any = self._ensure_consumer()
        fetcher: Any = consumer._fetcher
        with fetcher._subscriptions.fetch_context():
            while self.consumer.flow_active:
                if consumer._closed or fetcher._closed:
                    raise ConsumerStoppedError
                if not fetcher._subscriptions.reassignment_in_progress:
                    try:
                        taken = [*self._ready(fetcher, room, max_records, max_bytes)]
                    except OffsetOutOfRangeError as error:
                        raise OutsideTheLog(f"{self.app.conf.id}: the log no longer has {error.args}") from error
                    except RecordTooLargeError as error:
                        # aiokafka has gone past it already: going on would leave it out.
                        raise OutsideTheLog(f"{self.app.conf.id}: too large for a fetch: {error.args}") from error
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
        """Commits, or says that it didn't work.

        Faust's crashes the app on most errors, and waits for ever while there is no broker, also at the stop.
        aiokafka's goes on behind when it is given up, and fails unseen: hence the one request that it is made of.
        These offsets are for lag displays only, and the next ones follow.
        """
        consumer: Any = self._ensure_consumer()
        coordinator: Any = consumer._coordinator
        wanted = commit_structure_validate({driver.ensure_aiokafka_TP(tp): at for tp, at in offsets.items()})
        try:
            async with asyncio.timeout(COMMIT_SECONDS), coordinator._commit_lock:
                await coordinator.ensure_coordinator_known()
                await coordinator._do_commit_offsets(None, wanted)
        except (KafkaError, TimeoutError) as error:
            self.log.info("Offsets not committed: %r", error)
            return False
        return True


async def outcome(work: Coroutine[Any, Any, T]) -> tuple[T, None] | tuple[None, Exception]:
    """What some work returns, or its error, returned too: whoever waits in another thread may be cancelled by then, and
    of an error that is raised for nobody asyncio says each time that it was never retrieved."""
    try:
        return await work, None
    except Exception as error:
        return None, error


def unpack(tp: TP, held: Any, max_records: int, max_bytes: int) -> Taken | None:
    """Takes up to a batch from aiokafka's FetchResult (its `getall`, with a limit of bytes). None if it was revoked."""
    if not held.check_assignment(tp) or not held.has_more():
        return None
    start: int = held._partition_records.next_fetch_offset
    records: list[Record] = []
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
