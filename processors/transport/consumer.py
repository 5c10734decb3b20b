"""The batch transport: Faust on aiokafka's driver, with one partition's fetched records as one Faust message.

Faust's cost is per message (about 80 µs), and so are its ways of losing events (it acknowledges one whose agent
raised); a message that is a batch removes both. Ours: how records are taken from aiokafka and handed over (a partition
with two unfinished batches isn't asked), where an assignment starts (`progress`, not Kafka's committed offsets), and
what counts as done (only `Consumer.done`; Faust itself can acknowledge nothing). Faust's: services, group, rebalances,
streams, commit timer.

It reaches into private parts of both libraries; hence the exact pins.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import version
from typing import Any, Protocol, cast

import faust
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message
from mode import Service

from events.reachability import reachability
from processors.handlers.batch import Batch
from processors.log.records import OutsideTheLog
from processors.transport.connection import use_prompt_connections
from processors.transport.fetcher import Taken, Thread
from processors.transport.lease import backoff

PINS = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}
for _package, _pin in PINS.items():
    if version(_package) != _pin:
        raise ImportError(
            f"processors.transport.consumer overrides private parts of {_package} {_pin}, not {version(_package)}"
        )

use_prompt_connections()
SCHEME = "batch"
UNFINISHED = 2  # batches of one partition handed out at once: the next is fetched while one is being worked on


class Owner(Protocol):
    """What the transport asks of an app; `processors.transport.partitions.Partitions` is one."""

    max_records: int  # in a batch
    max_bytes: int  # of keys and values in a batch, beyond which no further record is added

    async def start_offsets(self, tps: frozenset[TP]) -> Mapping[TP, int]:
        """The next offset to read of each; a partition that is missing begins at 0. Errors are retried."""
        ...

    def begin(self, starts: Mapping[TP, int], assignment: int) -> None:
        """These partitions are owned from now on."""
        ...

    def lose(self) -> None:
        """No partition is owned any more; batches that finish nonetheless still count until `drained` returns."""
        ...

    async def drained(self) -> None:
        """Return, in bounded time, when no batch is being worked on."""
        ...


class Raw(faust.Schema[Any, Any]):
    """Hands the batch through: Avro is decoded where bad bytes become dead letters, not acknowledged and forgotten."""

    def loads_key(self, app: Any, message: Message, **_: Any) -> None:
        return None

    def loads_value(self, app: Any, message: Message, **_: Any) -> Any:
        return message.value


class Consumer(driver.Consumer):
    """One app's consumer. All of it runs on the main loop; `Thread` is the other side."""

    mundane_level = "debug"
    _thread: Thread  # pyright: ignore[reportIncompatibleVariableOverride]  # Faust's own way of narrowing it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner: Owner = cast(Any, self.app).partitions
        self.begun = False  # every partition of the present assignment has its start
        self._flow = 0  # the number of the flow: when one stops, what was fetched in it is void
        self._beginning: asyncio.Future[None] | None = None
        self._handed: defaultdict[TP, deque[Message]] = defaultdict(deque)  # unfinished; strong, Faust's are weak
        self._room: set[TP] = set()  # partitions that may be handed another batch; the thread reads it
        self._expected: dict[TP, int] = {}  # where each partition's next batch must start
        self._done: dict[TP, int] = {}  # the offset after the last finished batch's
        self._stir = asyncio.Event()

    def _new_consumer_thread(self) -> Thread:
        return Thread(self, loop=self.loop, beacon=self.beacon)

    # Where an assignment starts.

    async def perform_seek(self) -> None:
        """Called by Faust after each assignment. It would give up after a request's timeout; this goes on behind."""
        self._void()
        self._beginning = self.add_future(self._begin(self._flow))

    def _void(self) -> None:
        self._flow += 1
        self.begun = False
        self._room.clear()
        if self._beginning is not None:
            self._beginning.cancel()

    async def _begin(self, flow: int) -> None:
        starts = await self._starts()
        await self.can_resume_flow.wait()
        if flow != self._flow:
            return
        self._handed.clear()
        self._done.clear()
        self._committed_offset.clear()
        self._expected = dict(starts)
        self.owner.begin(starts, self.app.consumer_generation_id)
        self._room.update(starts)
        self.begun = True
        self._stir.set()

    async def _starts(self) -> Mapping[TP, int]:
        attempt, starts = 0, reachability(f"{self.app.conf.id}: where its partitions start")
        while True:
            try:
                found = await self.seek_to_committed()
                starts.answered()
                return found
            except OutsideTheLog:
                raise  # and so crash the app
            except Exception as error:
                starts.failed(error, "can't be asked")
            await asyncio.sleep(backoff(attempt))
            attempt += 1

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every assigned partition to where the owner says that it starts. Raises OutsideTheLog if the log
        doesn't reach there."""
        tps = frozenset(self.assignment())
        wanted = await self.owner.start_offsets(tps)
        starts = {tp: wanted.get(tp, 0) for tp in tps}
        await self._thread.run(self._thread.begin_at(starts))
        return starts

    # From aiokafka to the stream.

    async def _drain_messages(self, fetcher: Any) -> None:
        """The fetcher service's loop: hand over batches for as long as there is room."""
        failures, log = 0, reachability(f"{self.app.conf.id}: the log")
        try:
            while not (self.should_stop or fetcher.should_stop):
                self._stir.clear()
                if not (self.flow_active and self._room):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(1.0):
                            await self._stir.wait()
                    continue
                flow, assignment = self._flow, self.app.consumer_generation_id
                try:
                    taken = await self._thread.run(
                        self._thread.take(self._room, self.owner.max_records, self.owner.max_bytes)
                    )
                except (ConsumerStoppedError, OutsideTheLog):
                    raise
                except KafkaError as error:
                    log.failed(error, "can't be fetched from")
                    await self.sleep(backoff(failures))
                    failures += 1
                    continue
                failures = 0
                log.answered()
                for part in taken:
                    if flow == self._flow and self.flow_active:
                        await self._hand(part, assignment)
        except (asyncio.CancelledError, ConsumerStoppedError):
            # Faust's fetcher restarts after a cancellation unless this returns; when stopping, it must not.
            if not (self.app.should_stop or fetcher.should_stop):
                raise

    async def _hand(self, part: Taken, assignment: int) -> None:
        tp, start, end, records = part
        if start != self._expected[tp]:
            raise OutsideTheLog(f"{self.app.conf.id}: {tp} went on at {start} instead of {self._expected[tp]}")
        self._expected[tp] = end
        if not records:
            return  # nothing but control records
        last = records[-1]
        message = ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, last.timestamp_type, None, None,
            cast(Any, Batch(tp.topic, tp.partition, assignment, records)), None, tp=tp, generation_id=assignment,
        )  # fmt: skip
        handed = self._handed[tp]
        handed.append(message)
        if len(handed) >= UNFINISHED:
            self._room.discard(tp)
        await self.callback(message)

    # What is done.

    def done(self, message: Message) -> bool:
        """Acknowledge one batch. Only the finished ones before the first unfinished one are ever committed.

        False, and without effect, for a batch of an assignment that has ended.
        """
        tp, handed = message.tp, self._handed.get(message.tp, ())
        if not any(message is one for one in handed):
            return False
        message.acked = True
        while handed and handed[0].acked:
            self._done[tp] = handed.popleft().offset + 1
        if self.flow_active and len(handed) < UNFINISHED and tp not in self._room:
            self._room.add(tp)
            self._stir.set()
            if self._thread.buffered(tp):
                self._thread.poke()
        return True

    def ack(self, message: Message) -> bool:
        """Faust's own acknowledgement, which also comes when a stream ends or an agent is cancelled: not counted."""
        return False

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None: ...

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in list(self._done) if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        return self._done.get(tp)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        owned = self.assignment()
        offsets = {tp: offset for tp, offset in offsets.items() if tp in owned}
        if not offsets or not await self._thread.run(self._thread.commit_now(offsets)):
            return False
        self._committed_offset.update(offsets)
        return True

    # When the flow stops: a rebalance, or the end.

    def stop_flow(self) -> None:
        """Called by Faust, synchronously, first thing when partitions are being revoked and when the app stops."""
        super().stop_flow()
        self._void()
        self.owner.lose()
        self._thread.poke()

    def resume_flow(self) -> None:
        super().resume_flow()
        self._stir.set()

    async def wait_empty(self) -> None:
        """Faust's counts weak references after full garbage collections; ours asks those who do the work."""
        await self.owner.drained()
        await self.commit_and_end_transactions()

    def close(self) -> None:
        """Faust's closes aiokafka from the wrong loop when a rebalance meets the stop, and never leaves the group."""

    # The stream's buffer never fills (`UNFINISHED` bounds it), so pressure on it must not pause partitions.
    def on_buffer_full(self, tp: TP) -> None: ...

    def on_buffer_drop(self, tp: TP) -> None: ...

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """Faust's warns of batches that take long, which is what retrying is."""


class Transport(driver.Transport):
    """Faust's, with our consumer: `batch://host:port`."""

    Consumer = Consumer


TRANSPORTS.aliases[SCHEME] = "processors.transport.consumer:Transport"
