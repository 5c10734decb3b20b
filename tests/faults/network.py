"""A network of the tests' own between servers and some of their clients, which can be cut, slow or lossy.

    with network() as net:
        settings = with_secrets(on_free_ports(Settings.model_validate({"home": home, "host": net.host})))
        with running(net.servers(settings), …):
            Process(net.far(settings), words, log, net=net)    # far: behind the network
            Process(settings, words, log)                      # near: beside the servers
            net.cut("cassandra", direction="from")             # its answers vanish
            net.heal()

As root on Linux what is far is in a network namespace, and a cut is a true one: packets vanish, nothing is refused, and
TCP retransmits (tests/faults/forwarder.py). Elsewhere it speaks to loopback proxies that stop reading and writing while
connections stay open. Either ends with the test's process, however that ends.
"""

import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from events.settings import Settings
from ops.local_servers import free_block
from ops.secrets import with_values
from ops.servers import servers
from ops.supervisor.children import LAUNCH
from ops.supervisor.program import Program
from tests.faults.forwarder import Rule
from tests.faults.proxies import Proxies

Server = Literal["cassandra", "kafka", "registry", "s3"]
Direction = Literal["both", "to", "from"]
SERVERS: Sequence[Server] = ("cassandra", "kafka", "registry", "s3")
FORWARDER = Path(__file__).with_name("forwarder.py")


class Network(ABC):
    """See the module. `host` is the address for servers and near processes."""

    host: str

    @abstractmethod
    def servers(self, settings: Settings) -> list[Program]:
        """The four servers, as far processes can reach them too."""

    @abstractmethod
    def far(self, settings: Settings) -> Settings:
        """The same settings for a far process: where it finds the servers, and free ports of its own."""

    @abstractmethod
    def command(self, words: Sequence[str]) -> list[str]:
        """A far process's command."""

    @abstractmethod
    def rule(self, *wanted: Server, direction: Direction, delay: float, jitter: float, loss: float) -> None:
        """Makes traffic between far processes and these servers wait, in seconds, or lose a share of its packets."""

    @abstractmethod
    def heal(self) -> int:
        """All is well again. How much (packets, or pieces of a stream) was dropped or kept waiting so far."""

    @abstractmethod
    def close(self) -> None:
        """Ends it."""

    def cut(self, *wanted: Server, direction: Direction = "both") -> None:
        """Nothing arrives any more at these servers (`to`), from them, or either way; and nothing is refused."""
        self.rule(*wanted, direction=direction, delay=0.0, jitter=0.0, loss=1.0)

    def slow(self, *wanted: Server, seconds: float, jitter: float = 0.0, loss: float = 0.0) -> None:
        """Each way takes `seconds` give or take `jitter`, and a share of the packets is lost; of all servers, if none
        is named."""
        self.rule(*(wanted or SERVERS), direction="both", delay=seconds, jitter=jitter, loss=loss)


def ports_of(settings: Settings) -> Mapping[Server, int]:
    """Where each server listens."""
    return {server: getattr(settings, f"{server}_port") for server in SERVERS}


def directions(direction: Direction) -> Sequence[str]:
    """Both, or the one."""
    return ("to", "from") if direction == "both" else (direction,)


def own_ports(settings: Settings, host: str) -> Settings:
    """The settings with free ports for what a far process serves itself."""
    block = free_block(settings.host, 3)
    names = ("gateway_port", "api_port", "worker_metrics_port")
    return with_values(settings, host=host, **{name: block + number for number, name in enumerate(names)})


class Namespace(Network):
    """See Network: a forwarder between the host and a namespace."""

    def __init__(self) -> None:
        """Raises OSError where there is no root, no TUN device or no namespace."""
        self._forwarder = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), sys.executable, "-I", "-S", str(FORWARDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._forwarder.stdout is not None
        addresses = self._forwarder.stdout.readline().split()
        if len(addresses) != 2:
            _, error = self._forwarder.communicate()
            raise OSError(f"no network of the tests' own: {error.strip().splitlines()[-1]}")
        self.host, self._far_host = addresses
        self._ports: Mapping[Server, int] = {}
        self._rules: dict[tuple[int, str], Rule] = {}

    def servers(self, settings: Settings) -> list[Program]:
        """See Network."""
        self._ports = ports_of(settings)
        return servers(settings)

    def far(self, settings: Settings) -> Settings:
        """See Network."""
        where = {
            "kafka": settings.bootstrap,
            "cassandra_hosts": ",".join(settings.contact_points),
            "registry": settings.registry_url,
            "s3": settings.s3_url,
        }
        return own_ports(with_values(settings, **where), self._far_host)

    def command(self, words: Sequence[str]) -> list[str]:
        """See Network."""
        return ["nsenter", f"--net=/proc/{self._forwarder.pid}/ns/net", "--", *words]

    def rule(self, *wanted: Server, direction: Direction, delay: float, jitter: float, loss: float) -> None:
        """See Network."""
        for server in wanted:
            for way in directions(direction):
                self._rules[self._ports[server], way] = Rule(self._ports[server], way, delay, jitter, loss)
        self._tell()

    def heal(self) -> int:
        """See Network."""
        self._rules.clear()
        return self._tell()

    def _tell(self) -> int:
        assert self._forwarder.stdin is not None
        assert self._forwarder.stdout is not None
        assert self._forwarder.poll() is None, "the forwarder died"
        print(json.dumps([*self._rules.values()]), file=self._forwarder.stdin, flush=True)
        return int(self._forwarder.stdout.readline())

    def close(self) -> None:
        """Ends the forwarder, and its devices with it."""
        self._forwarder.communicate()


class Loopback(Network):
    """See Network: a proxy before each server."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self._proxies = Proxies()
        self._ports: Mapping[Server, int] = {}

    def servers(self, settings: Settings) -> list[Program]:
        """See Network. Kafka has a second listener, which it advertises as the proxy: clients go where it says."""
        block = free_block(self.host, 5)
        behind = {**ports_of(settings), "kafka": block + 4}
        self._ports = {server: block + number for number, server in enumerate(SERVERS)}
        for server, port in self._ports.items():
            self._proxies.add(server, port, behind[server])
        return [
            far_kafka(program, self.host, behind["kafka"], self._ports["kafka"]) if program.name == "kafka" else program
            for program in servers(settings)
        ]

    def far(self, settings: Settings) -> Settings:
        """See Network."""
        ports = {f"{server}_port": port for server, port in self._ports.items()}
        return own_ports(with_values(settings, **ports, kafka="", cassandra_hosts="", registry="", s3=""), self.host)

    def command(self, words: Sequence[str]) -> list[str]:
        """See Network."""
        return [*words]

    def rule(self, *wanted: Server, direction: Direction, delay: float, jitter: float, loss: float) -> None:
        """See Network."""
        for server in wanted:
            for way in directions(direction):
                self._proxies.rule(server, Rule(self._ports[server], way, delay, jitter, loss))

    def heal(self) -> int:
        """See Network."""
        return self._proxies.heal()

    def close(self) -> None:
        """Ends the proxies."""
        self._proxies.close()


def far_kafka(program: Program, host: str, port: int, advertised: int) -> Program:
    """Kafka with a second listener on `port`, whose clients are told to come to `advertised`."""

    def with_listener(line: str) -> str:
        match line.partition("=")[0]:
            case "listeners":
                return f"{line},FAR://{host}:{port}"
            case "advertised.listeners":
                return f"{line},FAR://{host}:{advertised}"
            case "listener.security.protocol.map":
                return f"{line},FAR:PLAINTEXT"
            case _:
                return line

    ((config, text),) = ((path, text) for path, text in program.files.items() if path.name == "server.properties")
    changed = "".join(f"{with_listener(line)}\n" for line in text.splitlines())
    return replace(program, files={**program.files, config: changed}, ports={**program.ports, "far_kafka_port": port})


def root_network() -> Namespace | None:
    """A network with true cuts, or None where there can be none."""
    try:
        return Namespace()
    except OSError:
        return None


@contextmanager
def network(*, proxies: bool = False) -> Generator[Network]:
    """A network for the block: with true cuts where that is possible, unless `proxies` are wanted."""
    made = (None if proxies else root_network()) or Loopback()
    try:
        yield made
    finally:
        made.close()
