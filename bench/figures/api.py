"""api: requests a second for a page of a roll's feed (30 photos), against a bare ASGI app that does the same reads.

Both run in uvicorn with the same settings, one process each; the load comes from another. Both keep image signatures.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from bench.harness.api_data import Album, fill
from bench.harness.figure import Figure, compared
from bench.harness.process import ROOT, BenchProcess, alternate, bench_process
from bench.harness.servers import BenchServers
from events.settings import Settings
from events.topics import FACTS
from ops.local_servers import free_block
from ops.secrets import environment, with_values
from ops.supervisor.children import running
from ops.supervisor.program import Program, http_status
from web.tokens import issue_token

ROLLS, PHOTOS_A_ROLL = 20, 60
UVICORN = ("--loop", "uvloop", "--no-access-log", "--no-server-header", "--lifespan", "on", "--log-level", "warning")


def program(settings: Settings, app: str) -> Program:
    """Describes an app in uvicorn."""
    port = settings.api_port
    return Program(
        name=f"{app.partition('.')[0]}-{app.partition(':')[0].rpartition('.')[2]}-{port}",
        command=(sys.executable, "-m", "uvicorn", app, "--host", settings.host, "--port", str(port), *UVICORN),
        environment=environment(settings),
        folder=ROOT,
        ports={"api_port": port},
        ready=lambda: http_status(settings.host, port, "/readyz") == 200,
    )


@contextmanager
def served(settings: Settings, app: str, album: Album) -> Generator[BenchProcess]:
    """Runs an app, and the process that sends requests to it."""
    own = with_values(settings, api_port=free_block(settings.host))
    token = issue_token(own, album.viewer, timedelta(hours=2))
    paths = [f"/v1/rolls/{roll}/photos" for roll in album.rolls]
    with (
        running([program(own, app)], own.home / "logs", 0),
        bench_process(own, "bench.harness.load", own.api_port, token) as load,
    ):
        load.request({"paths": paths})
        yield load


def rate(load: BenchProcess, seconds: float) -> float:
    """Measures requests a second, all of them answered 200 and with 30 photos."""
    reply = load.request({"seconds": seconds})
    return reply["answered"] / reply["seconds"]


def measure(servers: BenchServers) -> dict[str, Figure]:
    """Measures both sides."""
    seconds, rounds = (15.0, 5) if servers.large else (4.0, 3)
    settings = servers.keyspace("api_page", *FACTS)
    album = fill(settings, rolls=ROLLS, photos=PHOTOS_A_ROLL)
    with (
        served(settings, "api.app:app", album) as ours,
        served(settings, "bench.reference.api:app", album) as bare,
    ):
        alternate([ours, bare], 1, lambda load: rate(load, 2.0))
        rates = alternate([ours, bare], rounds, lambda load: rate(load, seconds))
    return {"api": compared(ours=rates[0], reference=rates[1], unit="requests/s")}
