"""Runs PostgreSQL for a test or a benchmark, on a free port, for as long as a block lasts."""

import os
import platform
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ops.errors import OperatorError
from ops.local_servers import free_block
from ops.secrets import server_environment
from ops.servers.jars import fetched
from ops.supervisor.children import running
from ops.supervisor.program import Program

HOST, OWNER = "127.0.0.1", "darkroom"
POM = Path(__file__).with_name("pom.xml")
STATUS_LINE = 7  # of postmaster.pid, from 0: what pg_ctl waits for
# What anybody sets on a machine of some gigabytes. What decides whether a commit is durable stays as it comes.
TUNED = {
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",  # no disk here has to move a head
    "jit": "off",  # it costs queries of a millisecond more than it gives
}


@contextmanager
def postgres(**changed: str) -> Generator[str]:
    """Runs an empty PostgreSQL; yields the URL to reach it at. Its data goes after the block.

    `changed`: settings that differ from TUNED. PostgreSQL refuses to run as root: it is then run as nobody. So that
    nobody can reach them, its binaries are copied beside its data. Raises OperatorError if it can't start."""
    with tempfile.TemporaryDirectory(prefix="darkroom-postgres-") as name:
        home, password, port = Path(name), secrets.token_urlsafe(16), free_block(HOST)
        home.chmod(0o711)
        installed, data = home / "installed", home / "data"
        shutil.copytree(binaries(), installed, symlinks=True)
        data.mkdir()
        make_cluster(installed, data, password)
        with running([server(installed, data, port, TUNED | changed)], home / "logs"):
            yield f"postgresql://{OWNER}:{password}@{HOST}:{port}/postgres"


def binaries() -> Path:
    """Finds the folder of PostgreSQL's `bin`, `lib` and `share`, and fetches them if need be. Raises OperatorError."""
    profile = f"postgres-{platform.machine()}"
    return fetched(POM, {profile: "unpack-dependencies"}) / profile


def make_cluster(installed: Path, data: Path, password: str) -> None:
    """Makes an empty database cluster, whose owner has a password. Raises OperatorError."""
    secret = data.with_name("password")
    secret.write_text(password)
    for path in (data, secret):
        path.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(path, *nobody())
    options = ("--username", OWNER, "--pwfile", str(secret), "--auth", "scram-sha-256", "--encoding", "UTF8")
    command = unprivileged([str(installed / "bin" / "initdb"), "-D", str(data), *options, "--locale", "C"])
    made = subprocess.run(command, cwd=data, capture_output=True, text=True, check=False)
    secret.unlink()
    if made.returncode:
        raise OperatorError(f"initdb failed: {made.stderr.strip()}")


def server(installed: Path, data: Path, port: int, options: dict[str, str]) -> Program:
    """Describes PostgreSQL's server."""
    here = {"listen_addresses": HOST, "port": str(port), "unix_socket_directories": ""}
    flags = [part for name, value in (here | options).items() for part in ("-c", f"{name}={value}")]
    return Program(
        name="postgres",
        command=unprivileged([str(installed / "bin" / "postgres"), "-D", str(data), *flags]),
        environment=server_environment(),
        folder=data,
        host=HOST,
        ports={"postgres_port": port},
        ready=lambda: is_ready(data / "postmaster.pid"),
    )


def is_ready(status: Path) -> bool:
    """Reads in the server's own file whether it takes connections. Raises OSError while there is none."""
    return [line.strip() for line in status.read_text().splitlines()[STATUS_LINE:]] == ["ready"]


def unprivileged(command: Sequence[str]) -> tuple[str, ...]:
    """Makes a command run as nobody if we are root. Changing the user would take the signal at our death away."""
    if os.geteuid():
        return tuple(command)
    user, group = nobody()
    return ("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--pdeathsig=KILL", "--", *command)


def nobody() -> tuple[int, int]:
    """Returns the ids of nobody and their group."""
    found = pwd.getpwnam("nobody")
    return found.pw_uid, found.pw_gid
