"""Makes the apps of a worker process: a projector's for each topic of facts, and one for each reactor."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial

from events.settings import Settings
from events.topics import FACTS
from processors.catalog import reactors
from processors.failpoints import armed_store, reached
from processors.handlers import dead_letter
from processors.handlers.batch import Partition
from processors.handlers.circuit_breaker import CircuitBreaker
from processors.handlers.dead_letter import DeadLetter, DeadLetterQueue
from processors.handlers.handler import BatchHandler
from processors.handlers.projector import Projector
from processors.handlers.reactor import Reactor, ReactorHandler
from processors.handlers.reject import EVERY
from processors.handlers.tools import Tools
from processors.log.ends import LogEnds
from processors.log.records import LogRecords
from processors.objects import Objects
from processors.redrive.corrections import CassandraCorrections
from processors.redrive.redrive import ROUND, Redrive
from processors.redrive.replay import ProjectorReplay, ReactorReplay, Replay
from processors.redrive.requests import CassandraRedriveRequests
from processors.transport.app import BatchApp, batch_app
from processors.transport.lease import Lease
from producers.publisher import Publisher
from projections.catalog import PROJECTIONS, of_topic
from projections.private.codec import Codecs
from projections.store.cassandra import CassandraStore
from projections.store.clock import database_time

PROJECTIONS_FIRST = (EVERY, *(projection.name for projection in PROJECTIONS))  # before the reactors


class AppFactory:
    """Makes apps that share one process' session, producer and codec."""

    def __init__(self, settings: Settings, store: CassandraStore):
        """`store`: as the worker's role, opened (`processors.waiting`)."""
        self.settings = settings
        self.cassandra = store
        self.store = armed_store(self.cassandra)
        self.codecs = Codecs.of(self.cassandra, settings)
        self.codec = self.codecs.fresh()
        self.publisher = Publisher(settings, self.codec, "darkroom-worker", store.partitioning)
        ends, clock = LogEnds(settings, store.partitioning), partial(database_time, self.cassandra)
        self.tools = Tools(self.store, self.publisher, Objects(settings), ends, settings, clock)
        self.log, self.copy_window_ms = LogRecords(settings), 1000 * settings.copy_window
        self.redrive_requests = CassandraRedriveRequests(self.cassandra, settings.keyspace)

    def dead_letters(self, app: str) -> DeadLetterQueue:
        """Makes an app's queue of dead letters, behind a circuit breaker of its own."""
        return DeadLetterQueue(self.send_letter, CircuitBreaker(app, self.settings.dead_letters_in_a_row))

    async def send_letter(self, letter: DeadLetter) -> None:
        """Appends a dead letter."""
        await dead_letter.send(self.publisher, letter)

    def projector(self, topic: str) -> BatchApp:
        """Makes the app that folds one topic with all of its projections."""
        dead_letters, window_ms = self.dead_letters(topic), self.copy_window_ms
        projector = Projector(topic, of_topic(topic), self.store, self.codec, dead_letters, self.log, window_ms)
        replay = ProjectorReplay(
            topic,
            of_topic(topic),
            self.store,
            self.codecs.fresh,
            CassandraCorrections(self.cassandra, self.settings.keyspace),
            reactors=reactors(),
            ask=self.redrive_requests.ask,
        )
        redrive = self._redrive(replay)

        async def start(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
            reached("rebalance")
            return await starts(projector, partitions)

        async def tick(partition: Partition, lease: Lease) -> None:
            await projector.heal(partition, lease)
            await redrive.tick(partition, lease)

        def assigned(partitions: frozenset[Partition]) -> None:
            projector.assigned(partitions)
            redrive.forget(partitions)

        return batch_app(
            topic,
            [topic],
            projector.handle,
            start,
            self.settings,
            tick=tick,
            on_assigned=assigned,
            stopped=lambda: dead_letters.breaker.reason,
        )

    def made(self, kind: type[Reactor]) -> Reactor:
        """Makes a reactor, which appends what it declares and nothing else."""
        return kind(self.tools.that_append(kind.appends))

    def reactor(self, reactor: Reactor) -> BatchApp:
        """Makes the app that hands a reactor its topics' batches, and redrives its dead letters."""
        dead_letters, window_ms = self.dead_letters(reactor.name), self.copy_window_ms
        handler = ReactorHandler(reactor, self.store, self.codec, dead_letters, self.log, window_ms)
        redrive = self._redrive(
            ReactorReplay(reactor, self.codecs.fresh, self.store.partitioning),
            PROJECTIONS_FIRST,
            min(ROUND, reactor.max_records),
        )

        async def start(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
            return await starts(handler, partitions)

        async def tick(partition: Partition, lease: Lease) -> None:
            await handler.heal(partition, lease)
            await redrive.tick(partition, lease)
            await reactor.tick(partition, lease)

        def assigned(partitions: frozenset[Partition]) -> None:
            handler.assigned(partitions)
            redrive.forget(partitions)

        return batch_app(
            reactor.name,
            reactor.topics,
            handler.handle,
            start,
            self.settings,
            max_records=reactor.max_records,
            tick=tick,
            on_assigned=assigned,
            stopped=lambda: dead_letters.breaker.reason,
        )

    def _redrive(self, replay: Replay, first: Collection[str] = (), round_size: int = ROUND) -> Redrive:
        return Redrive(self.redrive_requests, replay, self.log, self.store, first, round_size)


async def starts(handler: BatchHandler, partitions: frozenset[Partition]) -> Mapping[Partition, int]:
    """Where a handler begins to read each of these partitions."""
    ordered = sorted(partitions)
    return dict(zip(ordered, await asyncio.gather(*map(handler.start, ordered)), strict=True))


APPS: Mapping[str, Callable[[AppFactory], BatchApp]] = {
    **{topic: (lambda factory, topic=topic: factory.projector(topic)) for topic in FACTS},
    **{kind.name: (lambda factory, kind=kind: factory.reactor(factory.made(kind))) for kind in reactors()},
}
