"""Describes programs to run as child processes: what to start, where it listens, how to ask whether it is ready."""

import http.client
import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops.errors import OperatorError


def do_nothing() -> None:
    """Does nothing."""


@dataclass(frozen=True)
class Program:
    """Describes one child process, which `ops.supervisor.children` runs.

    - `ready`: asks the program itself, once, and returns or raises within a few seconds; OSError and False both mean
      "not yet"
    - `stopped`: asks a program that is ready which of its apps stand still, and why; it runs as it should, and to start
      it again would mend nothing
    - `ports`: the setting that chooses each port, and the port
    - `files`: what to write before each start
    - `before`: is called before each start
    - `after`: is called with the exit status once it has been stopped; a program that has it writes something as it
      ends, and is never killed before its grace is over
    - `data`: the folder that it keeps data in, None if it keeps none; without room on that disk it isn't started again
    - `grace`: seconds from SIGTERM to SIGKILL
    - `patience`: seconds from the first start to ready; what is started again may take any time
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    ready: Callable[[], bool]
    stopped: Callable[[], Mapping[str, str]] = dict[str, str]
    host: str = "127.0.0.1"
    ports: Mapping[str, int] = field(default_factory=dict[str, int])
    files: Mapping[Path, str] = field(default_factory=dict[Path, str])
    before: Callable[[], None] = do_nothing
    after: Callable[[int], None] | None = None
    data: Path | None = None
    grace: float = 30.0
    patience: float = 120.0

    @property
    def port(self) -> int | None:
        """Returns the port that clients use, the first one."""
        return next(iter(self.ports.values()), None)


def check_ports(programs: Sequence[Program]) -> None:
    """Raises OperatorError, with the port and the setting, if one of the ports that they listen on is in use."""
    used: dict[tuple[str, int], str] = {}
    for program in programs:
        for setting, port in program.ports.items():
            variable = f"DARKROOM_{setting.upper()}"
            other = used.setdefault((program.host, port), variable)
            if other != variable:
                raise OperatorError(f"{other} and {variable} are both {port}: choose different ports.")
            if not can_listen(program.host, port):
                raise OperatorError(
                    f"Port {port} on {program.host}, for {program.name}, is in use. Choose another with "
                    f"{variable}=…, or see who has it: ss -ltnp 'sport = :{port}'"
                )


def can_listen(host: str, port: int) -> bool:
    """Returns whether a server could listen there now. Raises OperatorError if the address isn't this machine's."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Java does: TIME_WAIT is no obstacle
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise OperatorError(f"Port {port} on {host} is not allowed to this user: choose one above 1023.") from error
        except OSError as error:
            if error.errno == 98:  # EADDRINUSE
                return False
            raise OperatorError(f"Nothing can listen on {host}:{port}: {error.strerror}. See DARKROOM_HOST.") from error
    return True


def http_status(host: str, port: int, path: str, seconds: float = 2.0) -> int:
    """Sends GET and returns the status; follows nothing and uses no proxy. Raises OSError if there is no answer."""
    return http_get(host, port, path, seconds)[0]


def http_get(host: str, port: int, path: str, seconds: float = 2.0) -> tuple[int, bytes]:
    """Sends GET as `http_status` does, and returns the status and the body. Raises OSError."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except http.client.HTTPException as error:
        raise ConnectionError(f"{host}:{port} does not speak HTTP") from error
    finally:
        connection.close()


@dataclass(frozen=True)
class WorkerHealth:
    """What a worker's `/readyz` says: the apps that have no partitions yet, and those that stand still, and why."""

    waiting: Sequence[str]
    stopped: Mapping[str, str]


def worker_health(host: str, port: int) -> WorkerHealth:
    """Asks a worker how it is. Raises OSError if it doesn't answer, or something else does."""
    status, body = http_get(host, port, "/readyz")
    try:
        found = json.loads(body)
        return WorkerHealth(found["waiting"], found["stopped"])
    except (ValueError, LookupError, TypeError) as error:
        raise ConnectionError(f"{host}:{port} is no worker: it answered {status}") from error
