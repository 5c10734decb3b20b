"""The one list of apps: what each is called, what it reads and what it does. `darkroom worker NAME...` hosts them."""

from collections.abc import Callable, Mapping

from faust.types import TP

from events.codec import Codec
from events.registry import ConfluentRegistry
from events.settings import Settings
from processors import deadletters, develop, expand, filtering
from processors.apps import BatchApp, StartOffsets, batch_app
from processors.deadletters import DeadLetter
from processors.develop import Developer
from processors.ends import LogEnds
from processors.expand import Expander
from processors.failpoints import armed_store, reached
from processors.film.pool import Pool
from processors.filtering import Filterer
from processors.objects import Objects
from processors.processor import Processor
from processors.runner import Runner
from producers.publish import Publisher
from projections.cassandra import CassandraStore, connect
from projections.keys import KeyStore
from projections.keyspace import WORKER
from projections.listed import of_topic

VIEWS = ("accounts", "graph", "rolls", "photos", "reactions")  # an app for each topic's projections
PHOTOS_A_BATCH = 16  # the filter works on a photo for tenths of a second: small batches keep its progress fine-grained


class Workshop:
    """What the apps of one worker process share: sessions, producer, codec. Connects at once (StoreUnavailable)."""

    def __init__(self, settings: Settings):
        self.settings = settings
        session = connect(settings, WORKER, settings.worker_password)
        self.cassandra = CassandraStore(session, settings.keyspace)
        self.store = armed_store(self.cassandra)
        self.codec = Codec(ConfluentRegistry(settings), KeyStore(self.cassandra, settings))
        self.publisher = Publisher(settings, self.codec, "darkroom-worker")

    async def send_letter(self, letter: DeadLetter) -> None:
        """Sets a record aside."""
        await deadletters.send(self.publisher, letter)

    def view(self, topic: str) -> BatchApp:
        """The app that folds one topic with all of its projections."""
        runner = Runner(topic, of_topic(topic), self.store, self.codec, self.send_letter)

        async def start(tps: frozenset[TP]) -> Mapping[TP, int]:
            reached("rebalance")
            return {tp: await runner.start(tp.partition) for tp in tps}

        return batch_app(topic, [topic], runner.handle, start, self.settings)

    def expand(self) -> BatchApp:
        """The app that appends what follows from ends."""
        expander = Expander(self.store, self.publisher, LogEnds(self.settings))
        processor = Processor("expand", expand.WANTED, expander.act, self.store, self.codec, self.send_letter)
        return batch_app("expand", expand.TOPICS_READ, processor.handle, started(processor), self.settings)

    def filter(self) -> BatchApp:
        """The app that turns uploads into photos."""
        workers = self.settings.filter_workers
        filterer = Filterer(self.store, Objects(self.settings), Pool(workers=workers), self.publisher, workers)
        processor = Processor("filter", filtering.WANTED, filterer.act, self.store, self.codec, self.send_letter)
        return batch_app(
            "filter", ["photos"], processor.handle, started(processor), self.settings, max_records=PHOTOS_A_BATCH
        )

    def develop(self) -> BatchApp:
        """The app that develops what is due."""
        developer = Developer(self.store, self.publisher)
        processor = Processor("develop", develop.WANTED, developer.act, self.store, self.codec, self.send_letter)

        def forget(tps: frozenset[TP]) -> None:
            for tp in tps:
                developer.forget(tp.partition)

        return batch_app(
            "develop",
            ["photos"],
            processor.handle,
            started(processor),
            self.settings,
            tick=developer.tick,
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
