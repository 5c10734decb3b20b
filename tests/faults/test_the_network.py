"""The network of the tests' own does what it says: what it cuts vanishes, what it delays comes later and in order."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

from events.settings import Settings
from ops.local_servers import on_free_ports
from tests.faults.network import Direction, Loopback, Network, network
from tests.faults.processes import until

ASK = """
import socket, sys, time
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10) as server:
    for line in sys.stdin:
        began = time.monotonic()
        server.settimeout(float(line))
        try:
            server.sendall(b"x" * 5000)
            got = 0
            while got < 5000:
                got += len(server.recv(5000 - got) or exit("closed"))
            print(time.monotonic() - began, flush=True)
        except TimeoutError:
            print("nothing", flush=True)
"""
OWN = """
from tests.faults.network import network
with network() as net:
    print(net.host, flush=True)
    input()
"""
KINDS = ["namespace", "proxies"] if os.geteuid() == 0 else ["proxies"]


def echo(server: socket.socket, heard: list[int]) -> None:
    """Answers with what it hears, and notes how much that was."""
    with suppress(OSError):
        connection, _ = server.accept()
        with connection:
            while said := connection.recv(65536):
                heard.append(len(said))
                connection.sendall(said)


@pytest.fixture(params=KINDS)
def net(request: pytest.FixtureRequest) -> Generator[Network]:
    with network(proxies=request.param == "proxies") as made:
        yield made


class Far:
    """A far process that asks an S3 which only echoes."""

    def __init__(self, net: Network, home: Path) -> None:
        settings = on_free_ports(Settings.model_validate({"home": home, "host": net.host}))
        net.servers(settings)
        far = net.far(settings)
        host, _, port = far.s3_url.removeprefix("http://").partition(":")
        self._server = socket.create_server((settings.host, settings.s3_port))
        self.heard: list[int] = []
        threading.Thread(target=echo, args=(self._server, self.heard), daemon=True).start()
        words = net.command([sys.executable, "-c", ASK, host, port])
        self._asks = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, patience: float) -> float | None:
        """After how many seconds the answer was there; None if it wasn't within its patience."""
        assert self._asks.stdin is not None
        assert self._asks.stdout is not None
        print(patience, file=self._asks.stdin, flush=True)
        said = self._asks.stdout.readline().strip()
        return None if said == "nothing" else float(said)

    def close(self) -> None:
        self._asks.communicate()
        self._server.close()


@pytest.fixture
def far(net: Network, tmp_path: Path) -> Generator[Far]:
    made = Far(net, tmp_path)
    assert made.ask(10) is not None
    yield made
    made.close()


@pytest.mark.parametrize("direction", ["both", "to", "from"])
def test_what_is_cut_vanishes_without_a_refusal_and_arrives_after_the_heal(
    net: Network, far: Far, direction: Direction
) -> None:
    before = sum(far.heard)
    net.cut("s3", direction=direction)
    assert far.ask(0.5) is None
    assert (sum(far.heard) > before) == (direction == "from")
    assert net.heal() > 0
    assert far.ask(10) is not None  # the same connection goes on


def test_a_cut_of_one_server_is_none_of_another(net: Network, far: Far) -> None:
    net.cut("kafka", "cassandra", "registry")
    assert far.ask(10) is not None


def test_slow_is_slow_both_ways_and_loses_nothing_for_good(net: Network, far: Far) -> None:
    net.slow(seconds=0.2, jitter=0.1, loss=0.05)
    took = [far.ask(20) for _ in range(3)]
    assert all(seconds is not None and seconds >= 0.2 for seconds in took)
    net.heal()
    until = time.monotonic() + 10
    while (far.ask(20) or 1) > 0.1:
        assert time.monotonic() < until, "still slow after the heal"


def test_nothing_is_left_after_a_kill() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    host = owner.stdout.readline().strip()
    owner.kill()
    owner.communicate()
    if host != Loopback.host:  # whose proxies were threads of it
        until(lambda: not here(host), "the device is gone")


def here(host: str) -> bool:
    """Whether an address is this machine's."""
    with socket.socket() as any_socket:
        try:
            any_socket.bind((host, 0))
        except OSError:
            return False
    return True
