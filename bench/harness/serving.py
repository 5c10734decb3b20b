"""Runs HTTP services under load: an app in uvicorn, and the process that sends requests to it."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from bench.harness.process import ROOT, BenchProcess, bench_process
from events.settings import Settings
from ops.local_servers import free_block
from ops.secrets import environment, with_values
from ops.supervisor.children import running
from ops.supervisor.program import Program, http_status
from web.tokens import issue_token

OURS, GATEWAY = "api.app:app", "producers.gateway.app:app"
UVICORN = (
    "--loop",
    "uvloop",
    "--no-access-log",
    "--no-server-header",
    "--lifespan",
    "on",
    "--log-level",
    "warning",
)


def program(settings: Settings, app: str, added: Mapping[str, str]) -> Program:
    """Describes an app in uvicorn, on `api_port`. `added`: what its environment has beside the settings."""
    port = settings.api_port
    return Program(
        name=f"{app.partition(':')[0]}-{port}",
        command=(sys.executable, "-m", "uvicorn", app, "--host", settings.host, "--port", str(port), *UVICORN),
        environment={**environment(settings), **added},
        folder=ROOT,
        ports={"api_port": port},
        ready=lambda: http_status(settings.host, port, "/readyz") == 200,
    )


@contextmanager
def served(settings: Settings, app: str, **added: str) -> Generator[BenchProcess]:
    """Runs an app, and the process that sends requests to it; yields the latter."""
    own = with_values(settings, api_port=free_block(settings.host))
    with (
        running([program(own, app, added)], own.home / "logs", 0),
        bench_process(own, "bench.harness.load", own.api_port) as load,
    ):
        yield load


def token(settings: Settings, viewer: UUID) -> str:
    """Makes a token that lasts as long as a benchmark."""
    return issue_token(settings, viewer, timedelta(hours=2))
