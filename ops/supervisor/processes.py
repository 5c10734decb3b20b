"""Lists Darkroom's own processes, which `darkroom up` starts after the servers."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from events.settings import Settings
from events.topics import FACTS
from ops.secrets import NEEDED, environment, with_secrets
from ops.supervisor.program import Program, http_status, worker_health
from ops.supervisor.start_gate import START_GATE
from processors.catalog import PHOTOS, VIEWS

ROOT = Path(__file__).resolve().parents[2]
WORKERS: Mapping[str, tuple[str, ...]] = {  # the apps that each worker process hosts
    "worker-views": (*FACTS, *VIEWS),
    "worker-photos": (*PHOTOS,),
}


def processes(settings: Settings) -> list[Program]:
    """Describes the workers, the gateway and the API, each with the port on which it answers whether it is ready."""
    first = settings.worker_metrics_port
    return [
        *(worker(settings, name, apps, first + number) for number, (name, apps) in enumerate(WORKERS.items())),
        process(settings, "gateway", ("gateway",), "gateway_port", settings.gateway_port),
        process(settings, "api", ("api",), "api_port", settings.api_port),
    ]


def worker(settings: Settings, name: str, apps: tuple[str, ...], port: int) -> Program:
    """Describes a worker that hosts these apps. One that a circuit breaker has stopped counts as ready."""
    program = process(settings, name, ("worker", *apps), "worker_metrics_port", port)
    return replace(
        program,
        environment={**program.environment, "DARKROOM_WORKER_ID": name},
        ready=lambda: not worker_health(settings.host, port).waiting,
        stopped=lambda: worker_health(settings.host, port).stopped,
    )


def process(settings: Settings, name: str, words: tuple[str, ...], setting: str, port: int) -> Program:
    """Describes one of Darkroom's own processes: `darkroom WORDS`, with the secrets that it needs and no others."""
    own: Mapping[str, str] = {f"DARKROOM_{setting.upper()}": str(port), START_GATE: "1"}
    return Program(
        name=name,
        command=(sys.executable, "-m", "ops.cli", *words),
        environment=environment(with_secrets(settings, NEEDED[words[0]])) | own,
        folder=ROOT,  # the packages are flat at the root, and run from there
        host=settings.host,
        ports={setting: port},
        ready=lambda: http_status(settings.host, port, "/readyz") == 200,
    )
