"""Light programs to try the supervisor with."""

from collections.abc import Callable
from pathlib import Path

from ops.secrets import server_environment
from ops.supervisor.program import Program


def shell(
    name: str,
    script: str,
    folder: Path,
    ready: Callable[[], bool] = lambda: True,
    data: Path | None = None,
    grace: float = 5.0,
    patience: float = 10.0,
) -> Program:
    """A shell script as a program."""
    return Program(
        name=name,
        command=("sh", "-c", script),
        environment=server_environment(),
        folder=folder,
        ready=ready,
        data=data,
        grace=grace,
        patience=patience,
    )
