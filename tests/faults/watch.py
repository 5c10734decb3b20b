"""Watching `progress` beside the log's ends: when all is folded, and for how long a partition stood still."""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from cassandra import DriverException, RequestExecutionException
from cassandra.cluster import NoHostAvailable, Session
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from events.settings import Settings
from events.topics import FACTS
from processors.catalog import reactors
from projections.catalog import of_topic
from tests.partitions import PARTITIONING

Place = tuple[str, int]
LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[assignment]  # its annotation says that it may be None
EVERY = 0.1  # seconds between two looks
GONE = (KafkaException, NoHostAvailable, DriverException, RequestExecutionException)
VIEWS = {topic: frozenset(each.name for each in of_topic(topic)) for topic in FACTS}
READ_BY = {reactor.name: frozenset(reactor.topics) for reactor in reactors()}


class Progress:
    """How far the projections and the named processors are, and where the log ends."""

    def __init__(self, settings: Settings, session: Session, processors: frozenset[str] = frozenset()) -> None:
        self._session, self._keyspace = session, settings.keyspace
        self._bootstrap = settings.bootstrap
        self._admin = self._client()
        self._wanted = {
            topic: names | {each for each in processors if topic in READ_BY[each]} for topic, names in VIEWS.items()
        }

    def _client(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self._bootstrap, "log_level": 0})

    def folded(self) -> dict[Place, int]:
        """Each partition's next offset that somebody still has to work on. The driver's errors."""
        cql = f"SELECT topic, partition, projection, offset FROM {self._keyspace}.progress_1"
        known: dict[Place, dict[str, int]] = {}
        for topic, partition, name, offset in self._session.execute(cql, timeout=2):
            known.setdefault((topic, partition), {})[name] = offset
        return {
            (topic, partition): min(known.get((topic, partition), {}).get(name, 0) for name in names)
            for topic, names in self._wanted.items()
            for partition in PARTITIONING.each(topic)
        }

    def ends(self) -> dict[Place, int]:
        """The next offset of each partition of the log. KafkaException."""
        places = [TopicPartition(topic, i) for topic in self._wanted for i in PARTITIONING.each(topic)]
        answers = self._admin.list_offsets(dict.fromkeys(places, LATEST), request_timeout=2)
        try:
            return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}
        except KafkaException:
            self._admin = self._client()  # one that has seen a broker restart asks with its old epoch for ever
            raise

    def report(self) -> str:
        """Who is how far behind where, for people."""
        ends = self.ends()
        cql = f"SELECT topic, partition, projection, offset FROM {self._keyspace}.progress_1"
        found = [row for row in self._session.execute(cql) if row[2] in self._wanted.get(row[0], ())]
        late = (f"{name} at {offset} of {ends[topic, i]} in {topic}-{i}" for topic, i, name, offset in found)
        return "; ".join(line for line in late if (words := line.split()) and words[2] != words[4]) or "nobody"

    def behind(self) -> int:
        """How many records are in the log and not yet folded; 0 only if that was so throughout the look."""
        before, folded, after = self.ends(), self.folded(), self.ends()
        waiting = sum(after[place] - folded[place] for place in after)
        return waiting if before == after else max(1, waiting)


@dataclass(frozen=True)
class Stop:
    """A partition with records waiting stood still, from a moment (monotonic) on, for so many seconds."""

    topic: str
    began: float
    seconds: float


class Watch:
    """Looks every tenth of a second, in a thread, for the length of a block."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self.stops = progress, list[Stop]()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._ends: Mapping[Place, int] = {}
        self._folded: dict[Place, int] = {}
        self._since: dict[Place, float] = {}

    def __enter__(self) -> "Watch":
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._look()

    def longest(self, topic: str = "", since: float = 0.0) -> float:
        """For how long, in seconds, a partition (of a topic, from a moment on) with records waiting stood still.

        Of a partition that stands still now, up to now."""
        now = time.monotonic()
        still = [Stop(place[0], began, now - began) for place, began in list(self._since.items()) if self._waits(place)]
        within = (stop for stop in [*self.stops, *still] if stop.topic == (topic or stop.topic))
        return max((stop.began + stop.seconds - max(since, stop.began) for stop in within), default=0.0)

    def _waits(self, place: Place) -> bool:
        return self._ends.get(place, 0) > self._folded.get(place, 0)

    def _run(self) -> None:
        while not self._stopping.wait(EVERY):
            self._look()

    def _look(self) -> None:
        before = folded = self._folded
        with suppress(*GONE):  # the last known ends stand
            self._ends = self._progress.ends()
        with suppress(*GONE):  # nothing moves while nobody can say so
            folded = self._progress.folded()
        now = time.monotonic()
        for place, end in self._ends.items():
            since = self._since.setdefault(place, now)
            if folded.get(place, 0) > before.get(place, 0):
                self.stops.append(Stop(place[0], since, now - since))
                self._since[place] = now
            elif end <= before.get(place, 0):
                self._since[place] = now
        self._folded = folded
