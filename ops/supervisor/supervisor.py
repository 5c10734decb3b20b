"""Supervises everything that `darkroom up` starts: the local servers first, then Darkroom's own processes."""

import fcntl
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from events.settings import Settings
from ops.commands.down import clear_leftovers
from ops.errors import OperatorError
from ops.supervisor import up_file
from ops.supervisor.children import Child, Children, StartCancelled
from ops.supervisor.minder import Minder
from ops.supervisor.program import Program, check_ports


class Supervisor:
    """Starts, watches and stops one Darkroom, and keeps `<home>/up.json` true.

    - `local`: the servers to run here
    - `own`: Darkroom's own processes
    - `on_change`: gets each child whose state has changed, from any thread
    - `show_line`: gets lines for the operator, from any thread
    """

    def __init__(
        self,
        settings: Settings,
        *,
        local: Sequence[Program],
        own: Sequence[Program],
        on_change: Callable[[Child], None],
        show_line: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self._local, self._own = local, own
        self.children = Children(settings.home / "logs", self._state_changed)
        self._on_change, self._show = on_change, show_line
        self._state = "starting"
        self._since = datetime.now(UTC).isoformat(timespec="seconds")
        self._writing = threading.Lock()

    def run(self, ready: Callable[[], None]) -> None:
        """Starts everything, calls `ready`, and watches until a signal asks to stop.

        Raises OperatorError if something can't start."""
        with only_one(self.settings.home), stopped_by_signals(self.children):
            clear_leftovers(self.settings.home)
            try:
                self._start()
                self._enter("up")
                ready()
                self._mind()
            except StartCancelled:
                self._show_line("Called off while starting.")
            finally:
                self._enter("stopping")
                self.children.stop()
                up_file.remove(self.settings.home)

    def _start(self) -> None:
        check_ports([*self._local, *self._own])  # all of them, before anything starts
        self._enter("starting")
        if not self._own:
            self.children.start(self._local)
            return
        self.children.start(self._local, gated=self._own, on_ready=self._prepare)
        here = {program.name for program in self._local}
        for server in ("kafka", "registry", "cassandra", "s3"):
            if server not in here:
                self._prepare(server)
        self._prepare("partitions")
        self.children.release()

    def _prepare(self, server: str) -> None:
        """Creates what the processes need in a server that is ready."""
        from ops.provision import STEPS  # loads the drivers, which the servers' start needn't wait for

        if server in STEPS:
            STEPS[server](self.settings)

    def _mind(self) -> None:
        """Watches every child until a signal asks to stop, and until nothing is being started any more."""
        minders = [Minder(child, self.children, self._show_line) for child in self.children.all]
        threads = [
            threading.Thread(target=minder.run, name=f"mind-{n}", daemon=True) for n, minder in enumerate(minders)
        ]
        for thread in threads:
            thread.start()
        try:
            self.children.stopping.wait()
        finally:
            self.children.stopping.set()
            self._enter("stopping")
            for thread in threads:
                thread.join()

    def _enter(self, state: str) -> None:
        self._state = state
        self._write()

    def _state_changed(self, child: Child) -> None:
        self._write()
        with suppress(OSError):
            self._on_change(child)

    def _show_line(self, line: str) -> None:
        with suppress(OSError):  # the disk that the operator's log is on may be full
            self._show(line)

    def _write(self) -> None:
        pid, started = up_file.this_process()
        recorded = up_file.settings_for_record(self.settings)
        with self._writing:
            found = [record(child) for child in self.children.all]
            up = up_file.Up(pid, started, self._state, self._since, recorded, found)
            with suppress(OSError):  # the disk is full: nothing stops for that, and it is written at the next change
                up_file.write(self.settings.home, up)


def record(child: Child) -> up_file.Process:
    """Makes a child's entry in `up.json`."""
    program = child.program
    return up_file.Process(
        name=program.name,
        pid=child.pid,
        started=child.started,
        host=program.host,
        port=program.port,
        state=child.state,
        restarts=child.restarts,
        seconds=round(child.seconds, 2),
        since=child.since.isoformat(timespec="seconds"),
        reason=child.reason,
        log=str(child.log),
    )


@contextmanager
def only_one(home: Path) -> Generator[None]:
    """Locks the home for as long as the block runs. Raises OperatorError if a Darkroom runs in it already."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            other = up_file.read(home)
            which = f" (process {other.pid}, since {other.since})" if other else ""
            raise OperatorError(
                f"Darkroom is up already in {home}{which}: see `darkroom status`, stop it with `darkroom down`, "
                "or choose another DARKROOM_HOME and other ports."
            ) from error
        yield


@contextmanager
def stopped_by_signals(children: Children) -> Generator[None]:
    """Has SIGINT, SIGTERM and SIGHUP ask the children to stop; a second SIGINT ends everything at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        if children.stopping.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt  # they die with us
        children.stopping.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
