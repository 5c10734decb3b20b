"""Runs HTTP services under load: an app in uvicorn, and the process that sends requests to it."""

import sys
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from bench.harness.process import ROOT, BenchProcess, bench_process
from events.settings import Settings
from ops.local_servers import free_block
from ops.secrets import environment, with_values
from ops.supervisor.children import running
from ops.supervisor.program import Program, http_status
from web.tokens import issue_token

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


@dataclass(frozen=True)
class Service:
    """An app for uvicorn (`module:name`), and what its environment has beside the settings."""

    app: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


OURS, GATEWAY = Service("api.app:app"), Service("producers.gateway.app:app")


def program(settings: Settings, service: Service) -> Program:
    """Describes a service in uvicorn, on `api_port`."""
    port = settings.api_port
    return Program(
        name=f"{service.app.partition(':')[0]}-{port}",
        command=(sys.executable, "-m", "uvicorn", service.app, "--host", settings.host, "--port", str(port), *UVICORN),
        environment={**environment(settings), **service.environment},
        folder=ROOT,
        ports={"api_port": port},
        ready=lambda: http_status(settings.host, port, "/readyz") == 200,
    )


@contextmanager
def served(settings: Settings, *services: Service) -> Generator[list[BenchProcess]]:
    """Runs services, each with a process that sends requests to it; yields the latter, in the same order."""
    own = [with_values(settings, api_port=free_block(settings.host)) for _ in services]
    programs = [program(each, service) for each, service in zip(own, services, strict=True)]
    with running(programs, settings.home / "logs", 0), ExitStack() as stack:
        yield [stack.enter_context(bench_process(each, "bench.harness.load", each.api_port)) for each in own]


def token(settings: Settings, viewer: UUID) -> str:
    """Makes a token that lasts as long as a benchmark."""
    return issue_token(settings, viewer, timedelta(hours=2))
