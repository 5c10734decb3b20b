"""Cassandra restored from a backup that took a while: each table is as it was at another moment, `progress` as it was
last of all. The steps are an operator's (docs/backups.md): nodetool's snapshots, and `darkroom progress`."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from ops.secrets import environment
from tests.faults.nodetool import nodetool, restore_snapshot
from tests.faults.on_workers import RATE, moving, recovered
from tests.faults.processes import ROOT, until
from tests.faults.system import System

MEANWHILE = 1000  # records, at least, that are folded between the snapshot of the rows and that of `progress`
ROWS, PROGRESS = "rows", "progress"  # snapshots


def darkroom(made: System, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, as an operator runs it."""
    command = [sys.executable, "-m", "ops.cli", *words]
    return subprocess.run(
        command, env=environment(made.settings), cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


def done(ran: subprocess.CompletedProcess[str]) -> str:
    """What a command that succeeded printed. AssertionError if it didn't."""
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def restored_from_snapshots(made: System, *, seconds: float = 0.0, saved: bool = False, without: str = "") -> float:
    """A backup is taken under load: the snapshot of `progress` is so many seconds newer than that of the rows. Then all
    of it is restored, and workers start; with `saved`, from the offsets that were saved before the backup began.

    The seconds without progress; all have caught up."""
    settings, cassandra = made.settings, made.children["cassandra"].program.folder
    file = Path(settings.home / f"progress-{time.monotonic_ns()}.json")
    with made.watched() as watch, made.load(RATE):
        made.start(without=without)
        until(moving(made), "progress before")
        if saved:
            done(darkroom(made, "progress", "save", str(file)))
        nodetool(settings, "clearsnapshot", "--all")
        nodetool(settings, "snapshot", "-t", ROWS, settings.keyspace)
        further, began = moving(made, MEANWHILE), time.monotonic()
        until(lambda: further() and time.monotonic() - began > seconds, "progress during the backup")
        nodetool(settings, "snapshot", "-t", PROGRESS, "--table", "progress_1", settings.keyspace)
        began = time.monotonic()
        made.stop_workers()
        nodetool(settings, "drain")  # what isn't restored (keys, claims) keeps what it has
        made.children.kill("cassandra")
        shutil.rmtree(cassandra / "commitlog")
        for table in tables_of(cassandra, settings.keyspace):
            restore_snapshot(cassandra, settings.keyspace, table, PROGRESS if table == "progress_1" else ROWS)
        made.children.start_again("cassandra")
        if saved:
            done(darkroom(made, "progress", "restore", str(file)))
        made.start(without=without)
        still = recovered(made, watch, began, "progress after the restore")
    made.stop_workers()
    return still


def tables_of(cassandra: Path, keyspace: str) -> list[str]:
    """The names of a keyspace's tables that have a folder in the node's data."""
    return [folder.name.rpartition("-")[0] for folder in (cassandra / "data" / keyspace).iterdir()]
