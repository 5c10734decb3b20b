"""Worker processes to be killed: `darkroom worker …` as an operator runs it, with a failpoint armed if asked."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from events.settings import Settings
from ops.supervisor.program import http_status
from tests.faults.network import Network
from tests.faults.processes import Process


class WorkerProcess(Process):
    """One worker process. `without`: a protection that is taken out of it (tests/faults/without.py). `clock`: by how
    many seconds its clock is ahead (tests/faults/clock.py)."""

    def __init__(
        self,
        settings: Settings,
        names: Sequence[str],
        port: int,
        log: Path,
        failpoint: str,
        without: str,
        clock: int = 0,
        net: Network | None = None,
    ) -> None:
        self.names, self.failpoint = tuple(names), failpoint
        self._host, self._port = settings.host, port
        program = ("-m", "tests.faults.without", without) if without else ("-m", "ops.cli")
        if clock:
            program = ("-m", "tests.faults.clock", str(clock), *(("without", without) if without else ()))
        own = {"DARKROOM_WORKER_METRICS_PORT": str(port), "DARKROOM_FAILPOINT": failpoint}
        super().__init__(settings, (*program, "worker", *names), log, own, net)

    def ready(self) -> bool:
        """Whether every app has its partitions. AssertionError if the process has ended."""
        assert self.running, f"{self.names} ended with {self.process.returncode}:\n{self.tail()}"
        with suppress(OSError):
            return http_status(self._host, self._port, "/readyz") == 200
        return False
