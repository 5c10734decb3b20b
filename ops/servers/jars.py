"""Fetches jars, the servers' first of all: Maven resolves them once, and all runs and tests share them at the root.

`make servers` fetches them. Nothing here depends on the settings: a test that has a temporary home
uses the same jars.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

from ops.errors import OperatorError
from ops.servers.java import java

ROOT = Path(__file__).resolve().parents[2]
POM = Path(__file__).with_name("pom.xml")
GOALS = {
    "kafka": "copy-dependencies",
    "cassandra": "copy-dependencies",
    "registry": "copy",
    "s3": "copy",
}


def say(line: str) -> None:
    """Prints a line for whoever waits."""
    print(line, file=sys.stderr, flush=True)


def jars(server: str) -> Path:
    """Finds the folder of one server's jars (`kafka`), its whole class path, and fetches them if need be."""
    return fetched(POM, GOALS) / server


def fetched(pom: Path, goals: Mapping[str, str]) -> Path:
    """Finds the folder with a folder of jars for each profile of a POM, and fetches them if need be.

    `goals`: what Maven's dependency plugin is to do for each profile. Raises OperatorError if it can't be done."""
    key = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    folder = ROOT / ".darkroom" / "jars" / key
    done = folder / "done"
    if done.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two first starts at once: one fetches, the other waits
        if not done.exists():
            _fetch(folder, pom, goals)
            done.touch()
    return folder


def _fetch(folder: Path, pom: Path, goals: Mapping[str, str]) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise OperatorError("Maven is missing, and the servers' jars are fetched with it: apt-get install maven.")
    for number, (profile, goal) in enumerate(goals.items(), 1):
        say(f"Fetching the jars of {profile} from Maven Central ({number} of {len(goals)}; only this once)")
        target = folder / profile
        shutil.rmtree(target, ignore_errors=True)
        command = [maven, "-B", "-q", "-f", str(pom), "-P", profile, f"dependency:{goal}"]
        ran = subprocess.run([*command, f"-DoutputDirectory={target}"], capture_output=True, text=True, check=False)
        if ran.returncode:
            why = next((line for line in ran.stdout.splitlines() if "[ERROR]" in line), ran.stdout + ran.stderr)
            raise OperatorError(f"Maven could not fetch the jars of {profile}: {why.strip()}")
        for archive in (*target.glob("*.tar.gz"), *target.glob("*.txz")):
            with tarfile.open(archive) as packed:
                packed.extractall(target, filter="data")
            archive.unlink()


def main() -> None:
    """Checks Java and fetches what is missing. If that can't be done, prints one line and exits with 1."""
    try:
        java()
        fetched(POM, GOALS)
    except OperatorError as error:
        sys.exit(str(error))
