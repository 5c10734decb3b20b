"""Darkroom's own processes: the list that `darkroom up` starts after the servers."""

import sys
from collections.abc import Mapping
from pathlib import Path

from events.settings import Settings
from ops.secrets import NEEDED, environment, with_secrets
from ops.supervisor.program import Program, http_status

ROOT = Path(__file__).resolve().parents[2]
VIEWS = ("accounts", "graph", "rolls", "photos", "reactions", "expand")
PHOTOS = ("filter", "develop")


def processes(settings: Settings) -> list[Program]:
    """The two workers, the gateway and the API, each with the port where it says that it is ready."""
    first = settings.worker_metrics_port
    return [
        process(settings, "worker-views", ("worker", *VIEWS), "worker_metrics_port", first),
        process(settings, "worker-photos", ("worker", *PHOTOS), "worker_metrics_port", first + 1),
        process(settings, "gateway", ("gateway",), "gateway_port", settings.gateway_port),
        process(settings, "api", ("api",), "api_port", settings.api_port),
    ]


def process(settings: Settings, name: str, words: tuple[str, ...], setting: str, port: int) -> Program:
    """One of Darkroom's own, started by `darkroom WORDS`, with the secrets that it needs and no others."""
    own: Mapping[str, str] = {f"DARKROOM_{setting.upper()}": str(port)}
    return Program(
        name=name,
        command=(sys.executable, "-m", "ops.cli", *words),
        environment=environment(with_secrets(settings, NEEDED[words[0]])) | own,
        folder=ROOT,  # the packages are flat at the root, and run from there
        host=settings.host,
        ports={setting: port},
        ready=lambda: http_status(settings.host, port, "/readyz") == 200,
        restarts=5,
    )
