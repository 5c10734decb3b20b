"""Reads and writes `<home>/up.json`: what runs. The supervisor alone writes it, whole or not at all."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from events.settings import Settings
from ops.secrets import with_secrets, without_secrets
from ops.supervisor import process_identity


@dataclass(frozen=True)
class Process:
    """One child.

    - `started`: its identity (`process_identity`)
    - `seconds`: how long it took to be ready
    - `since`: when it came into its state (ISO 8601)
    - `reason`: why it was started again last, or waits for that; empty if it never died"""

    name: str
    pid: int | None
    started: str
    host: str
    port: int | None
    state: str
    restarts: int
    seconds: float
    log: str
    since: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Up:
    """The supervisor, its children and the settings (without secrets) they were started with."""

    pid: int
    started: str
    state: str
    since: str
    settings: dict[str, str | int]
    processes: list[Process] = field(default_factory=list[Process])

    def alive(self) -> bool:
        """Returns whether the supervisor that wrote this still runs."""
        return process_identity.alive(self.pid, self.started)

    def resolved(self, home: Path) -> Settings:
        """Returns the settings it was started with, secrets included."""
        return with_secrets(Settings.model_validate(self.settings | {"home": home}))


def path(home: Path) -> Path:
    """Returns where the file is."""
    return home / "up.json"


def read(home: Path) -> Up | None:
    """Reads what a supervisor, which may be gone, wrote last; None if nothing was written."""
    try:
        found = json.loads(path(home).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return Up(**(found | {"processes": [Process(**process) for process in found["processes"]]}))


def write(home: Path, up: Up) -> None:
    """Replaces the file."""
    part = path(home).with_suffix(".part")
    part.write_text(json.dumps(asdict(up), indent=1))
    part.replace(path(home))


def remove(home: Path) -> None:
    """Removes the file: nothing runs."""
    path(home).unlink(missing_ok=True)


def this_process() -> tuple[int, str]:
    """Returns our own id and identity."""
    return os.getpid(), process_identity.of(os.getpid())


def settings_for_record(settings: Settings) -> dict[str, str | int]:
    """Returns the settings as `Up` keeps them, without the home, which is where the file is."""
    return {name: value for name, value in without_secrets(settings).items() if name != "home"}
