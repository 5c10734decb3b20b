"""What starts while servers are away waits for them, says so, can be stopped, and goes on when they are there."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from events.settings import Settings
from ops.local_servers import on_free_ports
from ops.provision import prepare
from ops.secrets import environment, with_secrets, with_values
from ops.servers import servers as programs
from ops.servers.java import START_FAST
from ops.supervisor.children import running
from ops.supervisor.processes import ROOT
from ops.supervisor.program import http_get
from projections.store.connecting import probe

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "worker": ("-m", "ops.cli", "worker", "--all"),
    "gateway": ("-m", "ops.cli", "gateway"),
    "api": ("-m", "ops.cli", "api"),
}
PORTS = {"worker": "worker_metrics_port", "gateway": "gateway_port", "api": "api_port"}
STOP_SECONDS = 5.0
PATIENCE = 60.0


class Process:
    """One of ours, with its log."""

    def __init__(self, settings: Settings, name: str, words: tuple[str, ...], folder: Path) -> None:
        self.port, self.log = getattr(settings, PORTS[name]), folder / f"{name}.log"
        with self.log.open("wb") as out:
            command = [sys.executable, *words]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment(settings), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def ask(self, path: str) -> tuple[int, bytes]:
        """The status and body of an answer; (0, b"") without one."""
        with suppress(OSError):
            return http_get("127.0.0.1", self.port, path)
        return 0, b""

    def logged(self) -> str:
        return self.log.read_text(errors="replace")

    def until(self, condition: object, what: str) -> float:
        """Waits for a condition; AssertionError with the log if it doesn't come."""
        assert callable(condition)
        began = time.monotonic()
        while not condition():
            assert self.process.poll() is None, f"{what}: ended with {self.process.returncode}: {self.logged()}"
            assert time.monotonic() - began < PATIENCE, f"{what}: {self.logged()}"
            time.sleep(0.02)
        return time.monotonic() - began

    def stop(self, number: signal.Signals) -> tuple[int, float]:
        """Sends a signal; the exit status, and after how many seconds."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(PATIENCE), time.monotonic() - began


@contextmanager
def started(settings: Settings, folder: Path, **commands: tuple[str, ...]) -> Generator[dict[str, Process]]:
    """Processes for the block."""
    with ExitStack() as stack:
        made: dict[str, Process] = {}
        for name, words in commands.items():
            made[name] = Process(settings, name, words, folder)
            stack.callback(made[name].process.wait)
            stack.callback(made[name].process.kill)
        yield made


def alone(folder: Path) -> Settings:
    """Settings with free ports, at which nothing listens."""
    return with_secrets(on_free_ports(Settings.model_validate({"home": folder, "java_options": START_FAST})))


def missing(process: Process) -> list[str]:
    """What /readyz says that is missing; empty if it doesn't answer, or says nothing."""
    status, body = process.ask("/readyz")
    return json.loads(body).get("missing", []) if status == 503 else []


def test_with_nothing_there_all_wait_then_go_on_when_the_servers_are_there(tmp_path: Path) -> None:
    """Seen to fail with `connect_patiently` made to try once: the process ends."""
    settings = alone(tmp_path)
    with started(settings, tmp_path, **COMMANDS) as made:
        for name, process in made.items():
            process.until(lambda process=process: missing(process), f"{name} says what is missing")
            assert process.ask("/healthz")[0] == 200
            assert f"Cassandra at 127.0.0.1:{settings.cassandra_port} can't be reached: " in process.logged()
        assert len(missing(made["worker"])) == 3
        for server in (f"Kafka at {settings.bootstrap}", f"The schema registry at {settings.registry_url}"):
            made["worker"].until(lambda s=server: f"{s} can't be reached: " in made["worker"].logged(), server)
        for name in ("gateway", "api"):
            assert missing(made[name]) == ["database"]
            status, body = made[name].ask("/v1/me")
            assert (status, json.loads(body)["title"]) == (503, "Service Unavailable")
        with running(programs(settings), tmp_path / "logs", grace=0):
            prepare(settings)
            began, left = time.monotonic(), dict(made)
            while left:
                assert time.monotonic() - began < PATIENCE, {name: process.logged() for name, process in left.items()}
                for name, process in list(left.items()):
                    if process.ask("/readyz")[0] == 200:
                        print(f"{name} ready {time.monotonic() - began:.1f} s after the servers were")
                        del left[name]
                time.sleep(0.02)
            for name, process in made.items():
                assert f"Cassandra at 127.0.0.1:{settings.cassandra_port} answers again, after " in process.logged()
                status, seconds = process.stop(signal.SIGTERM)
                assert status == 0, (name, process.logged())
                assert "never retrieved" not in process.logged()
                print(f"{name} stopped after {seconds:.1f} s")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("frozen", [False, True], ids=["refused", "no answer"])
def test_while_they_wait_a_signal_ends_them(tmp_path: Path, number: signal.Signals, frozen: bool) -> None:
    """Where nothing answers, a client library's thread may block for longer than the process may take to end."""
    settings = alone(tmp_path)
    with ExitStack() as stack:
        if frozen:  # something accepts the connection, and never says anything
            for port in (settings.cassandra_port, settings.kafka_port, settings.registry_port):
                stack.enter_context(socket.create_server((settings.host, port)))
        made = stack.enter_context(started(settings, tmp_path, **COMMANDS))
        for name, process in made.items():
            process.until(lambda process=process: "can't be reached" in process.logged(), f"{name} waits")
            process.until(lambda process=process: process.ask("/healthz")[0] == 200, f"{name} listens")
        for name, process in made.items():
            status, seconds = process.stop(number)
            assert status == 0, (name, process.logged())
            assert seconds < STOP_SECONDS, name


@pytest.mark.parametrize(("name", "application"), [("api", "api.app:app"), ("gateway", "producers.gateway:app")])
def test_under_plain_uvicorn_they_listen_at_once_and_end_with_a_signal(
    tmp_path: Path, name: str, application: str
) -> None:
    settings = alone(tmp_path)
    words = ("-m", "uvicorn", application, "--port", str(getattr(settings, PORTS[name])))
    with started(settings, tmp_path, **{name: words}) as made:
        made[name].until(lambda: missing(made[name]) == ["database"], "it says what is missing")
        assert "can't be reached" in made[name].logged()
        status, seconds = made[name].stop(signal.SIGTERM)
        assert status in (0, -signal.SIGTERM)  # uvicorn hands the signal on, in the end
        assert seconds < STOP_SECONDS


@pytest.mark.parametrize("name", COMMANDS)
def test_a_wrong_password_is_said_at_once_and_ends_the_process_after_a_while(
    darkroom: Settings, tmp_path: Path, name: str
) -> None:
    """A role that is about to be created is refused alike; so it isn't the end at once."""
    own = alone(tmp_path)
    ports = {port: getattr(own, port) for port in PORTS.values()}
    settings = with_values(darkroom, home=tmp_path, **ports, **{f"{name}_password": "another"})
    words = (
        "-c",
        "from projections.store import connecting; connecting.REFUSED_SECONDS = 3.0; "
        "import sys; sys.argv = ['darkroom', *sys.argv[1:]]; from ops.cli import main; main()",
        *COMMANDS[name][2:],
    )
    with started(settings, tmp_path, **{name: words}) as made:
        status = made[name].process.wait(PATIENCE)
    logged = made[name].logged()
    assert status == 1, logged
    assert f"it has no role darkroom_{name}, or not with our password" in logged.splitlines()[-1]
    assert f"Cassandra at {darkroom.host}:{darkroom.cassandra_port} answers, but refuses: it has no role" in logged
    assert "Traceback" not in logged


def test_a_probe_tells_cassandra_from_what_only_listens_and_from_nothing() -> None:
    with ThreadPoolExecutor(1) as pool, socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        asked = pool.submit(probe, "127.0.0.1", port)
        connection, _ = other.accept()
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400\r\n")
        connection.close()
        assert asked.result() == "what listens there isn't Cassandra"
    assert probe("127.0.0.1", port).startswith("ConnectionRefusedError: ")
