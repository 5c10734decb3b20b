"""Cassandra's own nodetool, on a node of the tests."""

import subprocess
from pathlib import Path

from events.settings import Settings
from ops.servers import java
from ops.servers.cassandra import EXPORTS, OPENS
from ops.servers.jars import jars

SECONDS = 120


def nodetool(settings: Settings, *words: str) -> str:
    """What `nodetool WORDS` prints about the one node. AssertionError with its output if it fails."""
    opened = [
        f"--add-{what}={name}=ALL-UNNAMED" for what, names in (("exports", EXPORTS), ("opens", OPENS)) for name in names
    ]
    command = java.command(
        settings, "128m", java.START_FAST, *opened, f"-Duser.home={settings.home}", "-cp", f"{jars('cassandra')}/*",
        "org.apache.cassandra.tools.NodeTool", "-p", str(settings.cassandra_jmx_port), *words,
    )  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert ran.returncode == 0, f"nodetool {' '.join(words)}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def restore_snapshot(folder: Path, keyspace: str, table: str, tag: str) -> None:
    """Replaces a table's files by those of its snapshot, in the folder of a node that was drained and has ended."""
    (data,) = (folder / "data" / keyspace).glob(f"{table}-*")
    for file in data.iterdir():
        if file.is_file():
            file.unlink()
    snapshot = data / "snapshots" / tag
    for file in snapshot.iterdir() if snapshot.exists() else ():  # a table without rows has none
        if file.name not in ("manifest.json", "schema.cql"):
            file.rename(data / file.name)
