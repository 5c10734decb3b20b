"""A whole Darkroom for the faults: servers, workers that come and go, load, and the question whether all is right."""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures.apply import begin_at, ends
from events.generated import Event
from events.settings import Settings
from events.topics import FACTS
from ops.local_servers import on_free_ports
from ops.provision import prepare
from ops.secrets import with_secrets
from ops.servers import servers
from ops.supervisor.children import Children, running
from tests.faults.load import Flow, Source
from tests.faults.network import Network
from tests.faults.processes import Process, until
from tests.faults.watch import GONE, Progress, Watch
from tests.faults.workers import WorkerProcess
from tests.faults.world import World
from tests.oracle.compare import Oracle
from tests.oracle.log import Log
from tests.oracle.tables import session_of

SHOWN = 10  # differences that are printed
HOSTED = (*FACTS, "expand")  # what a worker hosts unless told otherwise


class System:
    """Servers that are up and prepared, with a world whose facts fill the log."""

    def __init__(
        self,
        settings: Settings,
        children: Children,
        source: Source,
        oracle: Oracle,
        world: World,
        net: Network | None = None,
    ) -> None:
        self.settings, self.children, self.source, self.oracle, self.world = settings, children, source, oracle, world
        self._net = net
        self.far = net.far(settings) if net else settings
        self.workers: list[WorkerProcess] = []
        self.flows: list[Flow] = []
        self.others: list[Process] = []
        self.tails: list[Log] = []
        self._ports = count(settings.worker_metrics_port)

    @property
    def net(self) -> Network:
        """The network that this system was made with: far processes are behind it."""
        assert self._net is not None, "this system has no network of its own"
        return self._net

    def start(
        self,
        *names: str,
        failpoint: str = "",
        without: str = "",
        ready: bool = True,
        settings: Settings | None = None,
        clock: int = 0,
        far: bool = False,
    ) -> WorkerProcess:
        """Starts a worker, and returns when it has its partitions (unless it isn't to be waited for)."""
        port = next(self._ports)
        log = self.settings.home / "logs" / f"worker-{port}.log"
        settings = settings or (self.far if far else self.settings)
        net = self.net if far else None
        worker = WorkerProcess(settings, names or HOSTED, port, log, failpoint, without, clock, net)
        self.workers.append(worker)
        if ready:
            until(worker.ready, f"{names} ready")
        return worker

    @contextmanager
    def load(self, rate: float) -> Generator[None]:
        """Appends the world's facts, so many a second, for the block or until `stop_load`."""
        flow = self.source.flow(self.world, rate)
        self.flows.append(flow)
        try:
            yield
        finally:
            flow.stop()

    def stop_load(self) -> None:
        """Ends the load before its block ends: what was appended is acknowledged."""
        self.flows[-1].stop()

    def append(self, count: int) -> None:
        """Appends the world's next facts at once."""
        self.append_events(self.world.events(count))

    def append_events(self, events: Sequence[Event]) -> None:
        """Appends facts, and returns when the log has them."""
        self.flows.append(self.source.append(self.source.encode(events)))

    def tail(self) -> Log:
        """The log from here on; closed with the system."""
        tail = Log(self.settings, self.oracle.session)
        tail.next = tail.ends()
        self.tails.append(tail)
        return tail

    def progress(self, *processors: str) -> Progress:
        """Where the projections and these processors are."""
        return Progress(self.settings, self.oracle.session, frozenset(processors))

    @contextmanager
    def watched(self, *processors: str) -> Generator[Watch]:
        """Watches how long partitions stand still, for the block."""
        with Watch(self.progress(*processors)) as watch:
            yield watch

    def skip(self, topic: str, *processors: str) -> None:
        """Makes processors begin at a topic's end: what the world made up before isn't for them."""
        begin_at(self.settings, topic, ends(self.settings, topic), list(processors))

    def all_ready(self) -> bool:
        """Whether every worker that runs has its partitions."""
        return all(worker.ready() for worker in self.workers if worker.running)

    def catch_up(self, *processors: str) -> float:
        """Waits until every partition is folded to the log's end, and expanded; how long that took."""
        progress = self.progress("expand", *processors)

        def done() -> bool:
            with suppress(*GONE):
                return progress.behind() == 0
            return False

        try:
            return until(done, "the workers caught up")
        except AssertionError as error:
            raise AssertionError(f"{error}; behind: {progress.report()}") from error

    def lost(self) -> int:
        """How many acknowledged facts aren't in the log where Kafka said."""
        missing = 0
        for flow in self.flows:
            for position, identity in flow.acknowledged.items():
                missing += self.oracle.ids.get((position.topic, position.partition, position.offset)) != identity
        return missing

    def harm(self) -> tuple[list[str], int]:
        """Every difference between the log and the read models, also in what must follow; how many facts are lost."""
        return self.oracle.differences() + self.oracle.missing(), self.lost()

    def check(self, faults: Mapping[str, float]) -> None:
        """Says in a line what each fault did (its seconds without progress), and fails if one did any harm."""
        differences, lost = self.harm()
        for fault, still in faults.items():
            outcome = f"{self.oracle.records} records, {len(differences)} differences, {lost} lost"
            print(f"{fault}: {still:.1f} s without progress, {outcome}")
        print(*differences[:SHOWN], sep="\n", end="\n" if differences else "")
        assert differences == []
        assert lost == 0

    def stop_workers(self) -> None:
        """Kills whatever still runs."""
        for process in (*self.workers, *self.others):
            process.kill()
        self.workers.clear()
        self.others.clear()


@contextmanager
def system(seed: int = 1, people: int = 300, home: Path | None = None, net: Network | None = None) -> Generator[System]:
    """A system of its own for the block: servers on free ports, all gone afterwards; with a network or without."""
    with TemporaryDirectory(prefix="darkroom-faults-") as temporary:
        began = time.monotonic()
        values = {"home": home or Path(temporary)} | ({"host": net.host} if net else {})
        settings = with_secrets(on_free_ports(Settings.model_validate(values)))
        programs = net.servers(settings) if net else servers(settings)
        with running(programs, settings.home / "logs", grace=0) as children:
            prepare(settings)
            with populated(settings, children, seed, people, net) as made:
                print(f"servers, topics, tables and {people} people after {time.monotonic() - began:.1f} s")
                yield made


@contextmanager
def populated(
    settings: Settings, children: Children, seed: int, people: int, net: Network | None = None
) -> Generator[System]:
    """A system on servers that are prepared, with everybody registered."""
    world = World(seed, people)
    with Source(settings) as source, session_of(settings) as session:
        source.give_keys([*world.people, *world.bystanders])
        oracle = Oracle(settings, session)
        made = System(settings, children, source, oracle, world, net)
        try:
            made.flows.append(source.append(source.encode(world.begin())))
            yield made
        finally:
            made.stop_workers()
            for log in (oracle.log, *made.tails):
                log.close()
