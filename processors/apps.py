"""The one list of apps: what each is called, what it reads and what it does. `darkroom worker NAME...` hosts them."""

from collections.abc import Callable, Collection, Mapping

from faust.types import TP

from events.codec import Codec
from events.registry import ConfluentRegistry
from events.settings import Settings
from processors import develop, expand, filter
from processors.develop import Developer
from processors.expand import Expander
from processors.failpoints import armed_store, reached
from processors.film.sandbox.pool import Pool
from processors.filter import Filterer
from processors.handlers import dead_letter
from processors.handlers.dead_letter import EVERY, DeadLetter
from processors.handlers.projector import Runner
from processors.handlers.reactor import Processor
from processors.log.ends import LogEnds
from processors.log.records import Originals
from processors.objects import Objects
from processors.redrive.redrive import ROUND, Redrive
from processors.redrive.replay import ActAgain, Again, FoldAgain
from processors.redrive.requests import Requests
from processors.transport.app import BatchApp, StartOffsets, batch_app
from processors.transport.lease import Lease
from producers.publisher import Publisher
from projections.catalog import PROJECTIONS, of_topic
from projections.keyspace import WORKER
from projections.private.keys import KeyStore
from projections.store.cassandra import CassandraStore, connect

VIEWS = ("accounts", "graph", "rolls", "photos", "reactions")  # an app for each topic's projections
PHOTOS_A_BATCH = 16  # the filter works on a photo for tenths of a second: small batches keep its progress fine-grained

FOLDED = (EVERY, *(each.name for each in PROJECTIONS))  # dead letters that go before a processor's


class Workshop:
    """What the apps of one worker process share: sessions, producer, codec. Connects at once (StoreUnavailable)."""

    def __init__(self, settings: Settings):
        self.settings = settings
        session = connect(settings, WORKER, settings.worker_password)
        self.cassandra = CassandraStore(session, settings.keyspace)
        self.store = armed_store(self.cassandra)
        self._registry, self._keys = ConfluentRegistry(settings), KeyStore(self.cassandra, settings)
        self.codec = self.fresh_codec()
        self.publisher = Publisher(settings, self.codec, "darkroom-worker")

    def fresh_codec(self) -> Codec:
        """A codec that has yet to ask for every schema."""
        return Codec(self._registry, self._keys)

    def redrive(self, again: Again, first: Collection[str] = (), round_size: int = ROUND) -> Redrive:
        """An app's part in redriving dead letters."""
        requests = Requests(self.cassandra, self.settings.keyspace)
        return Redrive(requests, again, Originals(self.settings), self.store, first, round_size)

    async def send_letter(self, letter: DeadLetter) -> None:
        """Sets a record aside."""
        await dead_letter.send(self.publisher, letter)

    def view(self, topic: str) -> BatchApp:
        """The app that folds one topic with all of its projections."""
        originals = Originals(self.settings)
        runner = Runner(topic, of_topic(topic), self.store, self.codec, self.send_letter, reread=originals)
        redrive = self.redrive(FoldAgain(topic, of_topic(topic), self.store, self.fresh_codec))

        async def start(tps: frozenset[TP]) -> Mapping[TP, int]:
            reached("rebalance")
            return {tp: await runner.start(tp.partition) for tp in tps}

        async def tick(tp: TP, lease: Lease) -> None:
            await runner.heal(tp.partition, lease)
            await redrive.tick(tp, lease)

        return batch_app(topic, [topic], runner.handle, start, self.settings, tick=tick, on_assigned=redrive.forget)

    def expand(self) -> BatchApp:
        """The app that appends what follows from ends."""
        expander = Expander(self.store, self.publisher, LogEnds(self.settings))
        processor = Processor("expand", expand.WANTED, expander.act, self.store, self.codec, self.send_letter)
        redrive = self.redrive(ActAgain("expand", expand.WANTED, expander.act, self.fresh_codec), FOLDED)
        return batch_app(
            "expand",
            expand.TOPICS_READ,
            processor.handle,
            started(processor),
            self.settings,
            tick=redrive.tick,
            on_assigned=redrive.forget,
        )

    def filter(self) -> BatchApp:
        """The app that turns uploads into photos."""
        workers = self.settings.filter_workers
        filterer = Filterer(self.store, Objects(self.settings), Pool(workers=workers), self.publisher, workers)
        processor = Processor("filter", filter.WANTED, filterer.act, self.store, self.codec, self.send_letter)
        again = ActAgain("filter", filter.WANTED, filterer.act, self.fresh_codec)
        redrive = self.redrive(again, FOLDED, PHOTOS_A_BATCH)
        return batch_app(
            "filter",
            ["photos"],
            processor.handle,
            started(processor),
            self.settings,
            max_records=PHOTOS_A_BATCH,
            tick=redrive.tick,
            on_assigned=redrive.forget,
        )

    def develop(self) -> BatchApp:
        """The app that develops what is due."""
        developer = Developer(self.store, self.publisher)
        processor = Processor("develop", develop.WANTED, developer.act, self.store, self.codec, self.send_letter)
        redrive = self.redrive(ActAgain("develop", develop.WANTED, developer.act, self.fresh_codec), FOLDED)

        def forget(tps: frozenset[TP]) -> None:
            redrive.forget(tps)
            for tp in tps:
                developer.forget(tp.partition)

        async def tick(tp: TP, lease: Lease) -> None:
            await redrive.tick(tp, lease)
            await developer.tick(tp, lease)

        return batch_app(
            "develop",
            ["photos"],
            processor.handle,
            started(processor),
            self.settings,
            tick=tick,
            on_assigned=forget,
        )


def started(processor: Processor) -> StartOffsets:
    """A processor's start offsets, as its app asks for them."""

    async def start(tps: frozenset[TP]) -> Mapping[TP, int]:
        return {tp: await processor.start(tp.topic, tp.partition) for tp in tps}

    return start


APPS: Mapping[str, Callable[[Workshop], BatchApp]] = {
    **{topic: (lambda workshop, topic=topic: workshop.view(topic)) for topic in VIEWS},
    "expand": Workshop.expand,
    "filter": Workshop.filter,
    "develop": Workshop.develop,
}
