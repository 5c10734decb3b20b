"""Finds Java 17, and makes its command lines."""

import os
import re
import shutil
import subprocess
from functools import lru_cache

from events.settings import Settings
from ops.errors import OperatorError

REMEDY = "apt-get install openjdk-17-jre-headless, or set JAVA_HOME to a Java 17"
# Half the CPU to start, for what never runs hot (or not for long: a test's servers).
START_FAST = "-XX:TieredStopAtLevel=1"


@lru_cache(maxsize=1)
def java() -> str:
    """Finds Java 17: `$JAVA_HOME`'s, or the one on the path. Raises OperatorError if there is none."""
    home = os.environ.get("JAVA_HOME")
    path = f"{home}/bin/java" if home else shutil.which("java")
    if not path or not os.access(path, os.X_OK):
        raise OperatorError(f"Java is missing ({path or 'not on the path'}), and the servers need Java 17: {REMEDY}.")
    output = _version_output(path)
    found = re.search(r'version "(\d+)', output)
    if not found or found[1] != "17":
        raise OperatorError(f"{path} is Java {found[1] if found else '?'}, and Cassandra needs Java 17: {REMEDY}.")
    return path


def version() -> str:
    """Returns all that Java says of its version. Raises OperatorError as `java` does."""
    return _version_output(java())


@lru_cache
def _version_output(path: str) -> str:
    return subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr


def command(settings: Settings, memory: str, *arguments: str) -> tuple[str, ...]:
    """Makes a command line for Java 17 with a heap of at most `memory` (`512m`)."""
    return (
        java(),
        f"-Xmx{memory}",
        "-XX:+UseSerialGC",  # the least memory, and no crowd of threads on a small machine
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        "-Djava.net.preferIPv4Stack=true",
        *settings.java_options.split(),
        *arguments,
    )
