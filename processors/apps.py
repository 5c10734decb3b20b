"""Makes the apps of a worker process: a projector's for each topic of facts, and one for each reactor."""

from collections.abc import Callable, Collection, Mapping

from faust.types import TP

from events.codec import Codec
from events.registry import ConfluentRegistry
from events.settings import Settings
from events.topics import FACTS
from processors.catalog import REACTORS
from processors.failpoints import armed_store, reached
from processors.handlers import dead_letter
from processors.handlers.batch import Partition
from processors.handlers.dead_letter import EVERY, DeadLetter
from processors.handlers.projector import Runner
from processors.handlers.reactor import Reactor, ReactorHandler
from processors.handlers.tools import Tools
from processors.log.ends import LogEnds
from processors.log.records import LogRecords
from processors.objects import Objects
from processors.redrive.redrive import ROUND, Redrive
from processors.redrive.replay import ActAgain, Again, FoldAgain
from processors.redrive.requests import Requests
from processors.transport.app import BatchApp, batch_app
from processors.transport.lease import Lease
from producers.publisher import Publisher
from projections.catalog import PROJECTIONS, of_topic
from projections.keyspace import WORKER
from projections.private.keys import KeyStore
from projections.store.cassandra import CassandraStore, connect

PROJECTIONS_FIRST = (EVERY, *(each.name for each in PROJECTIONS))  # their dead letters go before a reactor's


class AppFactory:
    """Makes apps that share one process' session, producer and codec.

    It connects at once: raises StoreUnavailable if Cassandra doesn't answer."""

    def __init__(self, settings: Settings):
        self.settings = settings
        session = connect(settings, WORKER, settings.worker_password)
        self.cassandra = CassandraStore(session, settings.keyspace)
        self._registry, self._keys = ConfluentRegistry(settings), KeyStore(self.cassandra, settings)
        self.codec = self.fresh_codec()
        self.publisher = Publisher(settings, self.codec, "darkroom-worker")
        self.store = armed_store(self.cassandra)
        self.tools = Tools(self.store, self.publisher, Objects(settings), LogEnds(settings), settings)

    def fresh_codec(self) -> Codec:
        """Makes a codec that remembers no schema."""
        return Codec(self._registry, self._keys)

    async def send_letter(self, letter: DeadLetter) -> None:
        """Appends a dead letter."""
        await dead_letter.send(self.publisher, letter)

    def projector(self, topic: str) -> BatchApp:
        """Makes the app that folds one topic with all of its projections."""
        records = LogRecords(self.settings)
        runner = Runner(topic, of_topic(topic), self.store, self.codec, self.send_letter, reread=records)
        redrive = self._redrive(FoldAgain(topic, of_topic(topic), self.store, self.fresh_codec))

        async def start(tps: frozenset[TP]) -> Mapping[TP, int]:
            reached("rebalance")
            return {tp: await runner.start(tp.partition) for tp in tps}

        async def tick(tp: TP, lease: Lease) -> None:
            await runner.heal(tp.partition, lease)
            await redrive.tick(tp, lease)

        return batch_app(topic, [topic], runner.handle, start, self.settings, tick=tick, on_assigned=redrive.forget)

    def reactor(self, reactor: Reactor) -> BatchApp:
        """Makes the app that hands a reactor its topics' batches, and redrives its dead letters."""
        handler = ReactorHandler(reactor, self.store, self.codec, self.send_letter)
        again = ActAgain(reactor, self.fresh_codec)
        redrive = self._redrive(again, PROJECTIONS_FIRST, min(ROUND, reactor.max_records))

        async def start(tps: frozenset[TP]) -> Mapping[TP, int]:
            return {tp: await handler.start(tp.topic, tp.partition) for tp in tps}

        async def tick(tp: TP, lease: Lease) -> None:
            await redrive.tick(tp, lease)
            await reactor.tick(Partition(*tp), lease)

        def assigned(tps: frozenset[TP]) -> None:
            redrive.forget(tps)
            reactor.assigned(frozenset(Partition(*tp) for tp in tps))

        return batch_app(
            reactor.name,
            reactor.topics,
            handler.handle,
            start,
            self.settings,
            max_records=reactor.max_records,
            tick=tick,
            on_assigned=assigned,
        )

    def _redrive(self, again: Again, first: Collection[str] = (), round_size: int = ROUND) -> Redrive:
        requests = Requests(self.cassandra, self.settings.keyspace)
        return Redrive(requests, again, LogRecords(self.settings), self.store, first, round_size)


APPS: Mapping[str, Callable[[AppFactory], BatchApp]] = {
    **{topic: (lambda factory, topic=topic: factory.projector(topic)) for topic in FACTS},
    **{kind.name: (lambda factory, kind=kind: factory.reactor(kind(factory.tools))) for kind in REACTORS},
}
