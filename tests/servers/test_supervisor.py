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
from ops.supervisor import minder, up_file
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


@pytest.mark.parametrize("server", [False, True])
def test_whatever_dies_is_started_again_and_its_log_told(tmp_path: Path, server: bool) -> None:
    def meanwhile(watched: Watched) -> None:
        first = watched.until("ready")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert watched.until("ready") not in (None, first)
        up = up_file.read(tmp_path)
        assert up is not None
        assert [(one.restarts, one.reason) for one in up.processes] == [(1, "was killed by signal 9")]

    greeted = tmp_path / "greeted"
    script = f"echo hello; touch {greeted}; exec sleep 600"
    data = tmp_path if server else None
    watched = run(tmp_path, [shell("api", script, tmp_path, ready=greeted.exists, data=data)], meanwhile)
    assert any("api was killed by signal 9" in line and "hello" in line for line in watched.said), watched.said


def test_one_that_dies_again_and_again_is_started_again_ever_more_rarely_and_never_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail with the pauses not doubled, with none longer than the first, and with five attempts at most."""
    monkeypatch.setattr(minder, "BACKOFF", 0.1)
    monkeypatch.setattr(minder, "LONGEST", 0.4)

    def meanwhile(watched: Watched) -> None:
        first = watched.until("ready")
        (tmp_path / "broken").touch()
        assert first is not None
        os.kill(first, signal.SIGKILL)
        for _ in range(6):
            watched.until("died")
        (tmp_path / "broken").unlink()
        watched.until("ready")
        up = up_file.read(tmp_path)
        assert up is not None
        assert up.processes[0].restarts >= 7

    script = f"test -e {tmp_path}/broken && exit 3; touch {tmp_path}/alive; exec sleep 600"
    whole = shell("api", script, tmp_path, ready=lambda: not (tmp_path / "broken").exists())
    watched = run(tmp_path, [whole], meanwhile)
    pauses = [line.split(" starts again in ")[1] for line in watched.said if " starts again in " in line]
    assert pauses[:5] == [f"{pause:.1f} s ({n} in a row)." for n, pause in enumerate((0.1, 0.2, 0.4, 0.4, 0.4), 1)]
    assert any("ended with exit status 3" in line for line in watched.said)


def test_a_second_one_in_the_same_home_is_refused(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(OperatorError, match="up already") as told, only_one(tmp_path):
        pass
    assert "darkroom down" in str(told.value)


def test_what_a_killed_supervisor_wrote_does_not_count(tmp_path: Path) -> None:
    up_file.write(tmp_path, up_file.Up(os.getpid(), "another-boot/1", "up", "", {}))
    up = up_file.read(tmp_path)
    assert up is not None
    assert not up.alive()
