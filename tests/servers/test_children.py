"""Child processes: started together, stopped in order, never left behind."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ops.errors import OperatorError
from ops.secrets import server_environment
from ops.servers.jars import ROOT
from ops.supervisor import process_identity
from ops.supervisor.children import Child, Children, running
from ops.supervisor.program import Program, check_ports
from ops.supervisor.start_gate import START_GATE
from tests.servers.programs import shell

SECONDS = 10.0


def test_a_program_is_ready_when_it_says_so_itself(tmp_path: Path) -> None:
    sign = tmp_path / "ready"
    program = shell("slow", f"touch {sign}; exec sleep 600", tmp_path, ready=sign.exists)
    with running([program], tmp_path) as children:
        assert sign.exists()
        assert children["slow"].state == "ready"


def waits(name: str, folder: Path) -> Program:
    """A program that says that it is loaded, and is ready after its turn has come."""
    loaded, begun = folder / f"{name}.loaded", folder / f"{name}.begun"
    code = f"open({str(loaded)!r}, 'w'); wait_for_start(); open({str(begun)!r}, 'w'); import signal; signal.pause()"
    return replace(
        shell(name, "", folder, ready=begun.exists),
        command=(sys.executable, "-c", f"from ops.supervisor.start_gate import wait_for_start; {code}"),
        environment=server_environment() | {START_GATE: "1", "PYTHONPATH": str(ROOT)},
    )


def test_one_that_is_held_loads_beside_the_others_and_begins_at_its_turn(tmp_path: Path) -> None:
    held = waits("api", tmp_path)
    children = Children(tmp_path / "logs")
    seen: list[str] = []
    try:
        server = shell("kafka", "exec sleep 600", tmp_path, ready=(tmp_path / "api.loaded").exists)
        children.start([server], gated=[held], on_ready=seen.append)
        assert seen == ["kafka"]
        assert [(child.program.name, child.state) for child in children.all] == [("kafka", "ready"), ("api", "waiting")]
        assert not held.ready()
        children.release()
        assert children["api"].state == "ready"
        children.kill("api")
        (tmp_path / "api.begun").unlink()
        children.start_again("api")  # now nobody holds it
        assert children["api"].state == "ready"
    finally:
        children.stop()
    assert all(child.process and child.process.poll() is not None for child in children.all)


def test_one_that_is_held_ends_with_those_that_could_not_start(tmp_path: Path) -> None:
    children = Children(tmp_path / "logs")
    with pytest.raises(OperatorError, match="kafka did not start"):
        children.start([shell("kafka", "exit 3", tmp_path, ready=lambda: False)], gated=[waits("api", tmp_path)])
    children.stop()
    assert children["api"].has_exited()
    assert not (tmp_path / "api.begun").exists()


def test_one_that_died_while_it_was_held_is_a_problem_at_its_turn(tmp_path: Path) -> None:
    held = shell("api", "echo no such module; exit 3", tmp_path, ready=lambda: False)
    children = Children(tmp_path / "logs")
    children.start([shell("kafka", "exec sleep 600", tmp_path)], gated=[held])
    try:
        with pytest.raises(OperatorError, match="no such module"):
            children.release()
    finally:
        children.stop()


def test_what_is_done_when_one_is_ready_counts_as_its_start(tmp_path: Path) -> None:
    def refuse(name: str) -> None:
        raise OperatorError(f"no topics in {name}")

    children = Children(tmp_path / "logs")
    try:
        with pytest.raises(OperatorError, match="no topics in kafka"):
            children.start([shell("kafka", "exec sleep 600", tmp_path)], on_ready=refuse)
    finally:
        children.stop()


def test_none_is_left_when_the_block_ends(tmp_path: Path) -> None:
    with running(
        [shell("a", "exec sleep 600", tmp_path), shell("b", "exec sleep 600", tmp_path)], tmp_path
    ) as children:
        pids = [(child.pid, child.started) for child in children.all]
        assert all(process_identity.alive(pid, started) for pid, started in pids)
    assert not any(process_identity.alive(pid, started) for pid, started in pids)


def test_none_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from ops.supervisor.children import Children
from tests.servers.programs import shell
children = Children(Path({str(tmp_path)!r}))
children.start([shell(name, "exec sleep 600", Path({str(tmp_path)!r})) for name in ("a", "b")])
print(*(f"{{child.pid}}={{child.started}}" for child in children.all), flush=True)
children.stopping.wait()
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=ROOT, env=server_environment(), stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        children = [pair.split("=") for pair in supervisor.stdout.readline().split()]
        assert len(children) == 2
        assert all(process_identity.alive(int(pid), started) for pid, started in children)
        supervisor.kill()
    assert all(process_identity.wait_gone(int(pid), started, SECONDS) for pid, started in children)


def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    script = f"sleep 600 & echo $! > {note}.part; mv {note}.part {note}; exec sleep 600"
    with running([shell("parent", script, tmp_path, ready=note.exists)], tmp_path):
        pid = int(note.read_text())
        started = process_identity.of(pid)
        assert started
    assert process_identity.wait_gone(pid, started, SECONDS)


def test_one_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    sign = tmp_path / "deaf"
    script = f"trap '' TERM; touch {sign}; while :; do sleep 600; done"
    with running([shell("deaf", script, tmp_path, ready=sign.exists, grace=0.1)], tmp_path) as children:
        child = children["deaf"]
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_what_was_started_last_stops_first(tmp_path: Path) -> None:
    stopped: list[str] = []

    def tell(child: Child) -> None:
        if child.state == "stopped":
            stopped.append(child.program.name)

    children = Children(tmp_path, tell)
    for name in ("servers", "gateway", "api"):
        children.start([shell(name, "exec sleep 600", tmp_path)])
    children.stop()
    assert stopped == ["api", "gateway", "servers"]


def test_one_that_dies_while_starting_is_reported_with_the_tail_of_its_log(tmp_path: Path) -> None:
    program = shell("broken", "echo disk is full; exit 3", tmp_path, ready=lambda: False)
    other = shell("other", "exec sleep 600", tmp_path, ready=lambda: False)
    told = r"(?s)broken did not start. broken ended with exit status 3; its log is .*broken\.log:.*disk is full"
    with pytest.raises(OperatorError, match=told), running([other, program], tmp_path):
        pass


def test_one_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    program = shell("lazy", "exec sleep 600", tmp_path, ready=lambda: False, patience=0.1)
    with pytest.raises(OperatorError, match="lazy was not ready after"), running([program], tmp_path):
        pass


def test_a_killed_child_can_be_started_again(tmp_path: Path) -> None:
    with running([shell("node", "exec sleep 600", tmp_path)], tmp_path) as children:
        first = children["node"].pid
        children.kill("node")
        assert children["node"].pid is None
        children.start_again("node")
        assert children["node"].pid not in (None, first)


def test_a_port_in_use_is_named_with_its_setting_and_how_to_see_who_has_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        program = replace(shell("kafka", "exec sleep 600", tmp_path), ports={"kafka_port": port})
        with pytest.raises(OperatorError) as told:
            check_ports([program])
    assert str(told.value) == (
        f"Port {port} on 127.0.0.1, for kafka, is in use. Choose another with DARKROOM_KAFKA_PORT=…, "
        f"or see who has it: ss -ltnp 'sport = :{port}'"
    )


def test_a_reused_process_id_is_not_signalled() -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        boot = process_identity.of(other.pid).partition("/")[0]
        process_identity.send(other.pid, f"{boot}/1", signal.SIGKILL)
        assert process_identity.alive(other.pid, process_identity.of(other.pid))
        process_identity.send(other.pid, process_identity.of(other.pid), signal.SIGKILL)
    assert other.returncode == -signal.SIGKILL


def test_a_process_that_is_gone_has_no_identity() -> None:
    with subprocess.Popen(["true"]) as done:
        pass
    assert process_identity.of(done.pid) == ""
    assert process_identity.of(os.getpid()) != ""
