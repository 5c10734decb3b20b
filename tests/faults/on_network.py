"""What can happen to the network between servers and ours: cut (both ways, or one), slow, and losing packets.

Far processes (a worker with all projectors and expand, a gateway, an API) are behind the network; the load and the
watch are near. After each fault heals: how long until every partition moves, and both services answer."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from ops.supervisor.program import http_status
from tests.faults.clients import Client, Reader, Writer, older, recovered_at
from tests.faults.network import Direction, Network, Server
from tests.faults.on_photos import ALL, PHOTOS
from tests.faults.on_workers import moving
from tests.faults.photos import Photos, jpeg
from tests.faults.processes import Process, until
from tests.faults.system import System
from tests.faults.watch import GONE

RATE = 100  # facts a second: some for each partition, and few enough for a worker on a busy machine
WRITERS, READERS = 6, 6
BOUND = 40.0  # seconds after a heal, at most, on a machine that is busy with other tests
WAYS = {"both": "", "to": ", only what is sent to it,", "from": ", only what it answers,"}
MOVE, ANSWER = "until all partitions moved", "until {} answered"


@dataclass
class Recovery:
    """What came of faults: by what was measured, in seconds after the heal; and the rolls with an older state."""

    seconds: dict[str, float] = field(default_factory=dict[str, float])
    older: list[str] = field(default_factory=list[str])
    became: Counter[str] = field(default_factory=Counter[str])  # the photos, where there were some

    @property
    def longest(self) -> float:
        """The longest of them."""
        return max(self.seconds.values())


class Far:
    """Far processes at work, under load, with clients."""

    def __init__(self, made: System, clients: Mapping[str, Sequence[Client]]) -> None:
        self._made, self._clients = made, clients
        self._progress = made.progress("expand")
        self.recovery = Recovery()

    def cut(self, *servers: Server, direction: Direction = "both", seconds: float) -> None:
        """Servers are cut off for some seconds."""
        what = f"{' and '.join(servers)} cut{WAYS[direction]} for {seconds:.0f} s"
        self.through(what, lambda net: net.cut(*servers, direction=direction), seconds)

    def through(self, what: str, fault: Callable[[Network], None], seconds: float) -> None:
        """A fault for some seconds: notes how long after it everything took to move and to answer again."""
        until(moving(self._made), "progress before")
        fault(self._made.net)
        threading.Event().wait(seconds)
        dropped = self._made.net.heal()
        healed = time.monotonic()
        assert dropped, "nothing came of the fault"
        before, ends = self._progress.folded(), self._progress.ends()

        def all_moved() -> bool:
            with suppress(*GONE):
                now = self._progress.folded()
                return all(now[place] > before[place] or now[place] >= end for place, end in ends.items())
            return False

        until(all_moved, f"every partition moves after {what}")
        took = {MOVE: time.monotonic() - healed}
        for service, clients in self._clients.items():
            until(lambda c=clients: all(answers_since(each, healed) for each in c), f"{service} answers after {what}")
            took[ANSWER.format(service)] = max(recovered_at(each.answers, healed) for each in clients)
        print(f"{what}: {', '.join(f'{value:.1f} s {name}' for name, value in took.items())}", flush=True)
        self.recovery.seconds |= {f"{what}, {name}": value for name, value in took.items()}


def answers_since(client: Client, moment: float) -> bool:
    """Whether a client's request that began after a moment was answered well. AssertionError if the client broke."""
    assert client.error is None, repr(client.error)
    return any(answer.began > moment and answer.status < 300 and answer.status for answer in [*client.answers])


def service(made: System, name: str, port: int, without: str = "") -> Process:
    """A far gateway or API, when it is ready."""
    words = ("tests.faults.without", without, name) if without else ("ops.cli", name)
    started = Process(made.far, ("-m", *words), made.settings.home / "logs" / f"{name}.log", net=made.net)
    made.others.append(started)

    def ready() -> bool:
        assert started.running, started.tail()
        with suppress(OSError):
            return http_status(made.far.host, port, "/readyz") == 200
        return False

    until(ready, f"the far {name} is ready")
    return started


@contextmanager
def far(made: System, without: str = "", near: bool = False) -> Generator[Far]:
    """Far processes at work for the block, perhaps with a near worker; all have caught up in the end."""
    with made.load(RATE), ExitStack() as stack:
        made.start(without=without, far=True)
        if near:
            made.start()
        service(made, "gateway", made.far.gateway_port, without)
        service(made, "api", made.far.api_port, without)
        people = made.world.bystanders
        writers = [Writer(made.far, made.far.gateway_port, people[n % len(people)]) for n in range(WRITERS)]
        readers = [Reader(made.far, made.far.api_port, people[n % len(people)]) for n in range(READERS)]
        for client in (*writers, *readers):
            stack.enter_context(client)
        stage = Far(made, {"the gateway": writers, "the API": readers})
        yield stage
        stack.close()
        made.stop_load()
        made.catch_up()
        stage.recovery.older = older(made, writers)
    made.stop_workers()


def cut(
    made: System,
    *servers: Server,
    lengths: Sequence[float],
    direction: Direction = "both",
    without: str = "",
    near: bool = False,
) -> Recovery:
    """Servers are cut off, for some seconds each time."""
    with far(made, without, near) as stage:
        for seconds in lengths:
            stage.cut(*servers, direction=direction, seconds=seconds)
    return stage.recovery


def slow(
    made: System,
    *servers: Server,
    delay: float,
    jitter: float = 0.0,
    loss: float = 0.0,
    seconds: float,
    without: str = "",
) -> Recovery:
    """Servers (all, if none is named) are far away for some seconds, and packets get lost."""
    what = f"{' and '.join(servers) or 'everything'} {delay:.1f}±{jitter:.1f} s away, {loss:.0%} lost, {seconds:.0f} s"
    with far(made, without) as stage:
        stage.through(what, lambda net: net.slow(*servers, seconds=delay, jitter=jitter, loss=loss), seconds)
    return stage.recovery


def store_cut(made: System, *lengths: float, direction: Direction = "both", without: str = "") -> Recovery:
    """The object store is cut off from the filter, for some seconds each time, as photos are to be filtered."""
    recovery = Recovery()
    made.skip("photos", *ALL)
    made.start(ready=False)
    made.start(*ALL, without=without, far=True)
    made.catch_up(*ALL)
    for seconds in lengths:
        photos = Photos(made, [jpeg(number) for number in range(PHOTOS)])
        made.net.cut("s3", direction=direction)
        made.append_events(photos.taken)
        threading.Event().wait(seconds)
        assert made.net.heal(), "nothing came of the fault"
        what = f"s3 cut{WAYS[direction]} for {seconds:.0f} s, until every photo developed"
        recovery.seconds[what] = until(photos.over, what)
        print(f"{what}: {recovery.seconds[what]:.1f} s", flush=True)
        recovery.became += photos.became()
    made.catch_up(*ALL)
    made.stop_workers()
    return recovery
