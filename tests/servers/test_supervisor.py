"""The supervisor: what it reports, what it starts again, and how it is stopped."""

import os
import queue
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from events.settings import Settings
from ops.errors import OperatorError
from ops.secrets import with_secrets
from ops.supervisor import up_file
from ops.supervisor.children import Child
from ops.supervisor.program import Program
from ops.supervisor.supervisor import Supervisor, only_one
from tests.servers.programs import shell

SECONDS = 20.0


def settings_in(home: Path) -> Settings:
    return with_secrets(Settings.model_validate({"home": home}))


def run(home: Path, programs: list[Program], meanwhile: Callable[["Watched"], None]) -> "Watched":
    """Run a supervisor here, as signals want it, with `meanwhile` beside it; then ask it to stop as Ctrl-C does."""
    watched = Watched()
    supervisor = Supervisor(settings_in(home), local=programs, own=[], on_change=watched.tell, show_line=watched.say)

    def beside() -> None:
        try:
            meanwhile(watched)
        except BaseException as error:
            watched.failure = error
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    supervisor.run(ready=threading.Thread(target=beside).start)
    if watched.failure:
        raise watched.failure
    return watched


class Watched:
    """What a supervisor told."""

    def __init__(self) -> None:
        self.states: queue.Queue[tuple[str, int | None]] = queue.Queue()
        self.said: list[str] = []
        self.failure: BaseException | None = None

    def tell(self, child: Child) -> None:
        self.states.put((child.state, child.pid))

    def say(self, line: str) -> None:
        self.said.append(line)

    def until(self, wanted: str) -> int | None:
        """Wait for a state; the process id in it."""
        while True:
            found, pid = self.states.get(timeout=SECONDS)
            if found == wanted:
                return pid


def test_it_writes_down_what_runs_and_nothing_when_it_has_stopped(tmp_path: Path) -> None:
    def meanwhile(watched: Watched) -> None:
        pid = watched.until("ready")
        up = up_file.read(tmp_path)
        assert up is not None
        assert up.alive()
        assert [(one.name, one.pid, one.state) for one in up.processes] == [("a", pid, "ready")]
        assert not {name for name in up.settings if "password" in name or "secret" in name or name.endswith("_key")}

    run(tmp_path, [shell("a", "exec sleep 600", tmp_path)], meanwhile)
    assert up_file.read(tmp_path) is None


def test_one_of_ours_that_dies_is_started_again_and_its_log_told(tmp_path: Path) -> None:
    def meanwhile(watched: Watched) -> None:
        first = watched.until("ready")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert watched.until("ready") not in (None, first)

    greeted = tmp_path / "greeted"
    script = f"echo hello; touch {greeted}; exec sleep 600"
    watched = run(tmp_path, [shell("api", script, tmp_path, ready=greeted.exists, restarts=3)], meanwhile)
    assert any("api was killed by signal 9" in line and "hello" in line for line in watched.said), watched.said


def test_a_server_that_dies_is_reported_and_stays_down(tmp_path: Path) -> None:
    def meanwhile(watched: Watched) -> None:
        first = watched.until("ready")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert watched.until("died") is None

    watched = run(tmp_path, [shell("kafka", "exec sleep 600", tmp_path)], meanwhile)
    assert any("kafka is not started again" in line for line in watched.said)


def test_a_second_one_in_the_same_home_is_refused(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(OperatorError, match="up already") as told, only_one(tmp_path):
        pass
    assert "darkroom down" in str(told.value)


def test_what_a_killed_supervisor_wrote_does_not_count(tmp_path: Path) -> None:
    up_file.write(tmp_path, up_file.Up(os.getpid(), "another-boot/1", "up", "", {}))
    up = up_file.read(tmp_path)
    assert up is not None
    assert not up.alive()
