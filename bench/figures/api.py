"""api: requests a second for a page of a roll's feed (30 photos), against a bare ASGI app that does the same reads.

Both run in uvicorn with the same settings, one process each; the load comes from another. Both keep image signatures.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from bench.harness.api_data import Album, fill
from bench.harness.figure import Figure, compared
from bench.harness.side import ROOT, Side, in_turn, side
from bench.harness.world import World
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
    """An app in uvicorn."""
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
def served(settings: Settings, app: str, album: Album) -> Generator[Side]:
    """An app, and the load for it: a side whose question is for how many seconds."""
    own = with_values(settings, api_port=free_block(settings.host))
    token = issue_token(own, album.viewer, timedelta(hours=2))
    paths = [f"/v1/rolls/{roll}/photos" for roll in album.rolls]
    with (
        running([program(own, app)], own.home / "logs", 0),
        side(own, "bench.harness.load", own.api_port, token) as load,
    ):
        load.ask({"paths": paths})
        yield load


def rate(load: Side, seconds: float) -> float:
    """Requests a second, all of them answered 200 and with 30 photos."""
    told = load.ask({"seconds": seconds})
    return told["answered"] / told["seconds"]


def measure(world: World) -> dict[str, Figure]:
    """Both sides' medians."""
    seconds, rounds = (15.0, 5) if world.large else (4.0, 3)
    settings = world.keyspace("api_page", *FACTS)
    album = fill(settings, ROLLS, PHOTOS_A_ROLL)
    with (
        served(settings, "api.app:app", album) as ours,
        served(settings, "bench.reference.api:app", album) as bare,
    ):
        in_turn([ours, bare], 1, lambda load: rate(load, 2.0))
        rates = in_turn([ours, bare], rounds, lambda load: rate(load, seconds))
    return {"api": compared(rates[0], rates[1], "requests/s")}
