"""A worker whose read model is a folder: `handled` lists the spans it worked on, `progress-N` is a partition's end."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from events.settings import Settings
from processors.handlers.batch import Batch, Partition
from processors.transport.app import batch_app
from processors.transport.lease import Lease
from processors.worker import run_worker

TASK: dict[str, Any] = json.loads(sys.argv.pop())  # gone before Faust reads the command line
FOLDER = Path(TASK["folder"])


def note(name: str, *what: object) -> None:
    """Append a line to one of the folder's files, as one write."""
    with (FOLDER / name).open("ab", buffering=0) as file:
        file.write((" ".join(map(str, what)) + "\n").encode())


async def start_offsets(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
    """What the folder says."""
    starts: dict[Partition, int] = {}
    for each in partitions:
        progress = FOLDER / f"progress-{each.partition}"
        starts[each] = int(progress.read_text()) if progress.exists() else 0
    note("starts", json.dumps({each.partition: offset for each, offset in starts.items()}))
    return starts


async def work(batch: Batch, lease: Lease) -> None:
    """Take a moment, list the span, move the progress on: as the projector writes rows first and then `progress`."""
    await lease.pause(0.03)
    note("handled", batch.partition, batch.records[0].offset, batch.next_offset)
    temporary = FOLDER / f"progress-{batch.partition}.{os.getpid()}"
    temporary.write_text(str(batch.next_offset))
    temporary.replace(FOLDER / f"progress-{batch.partition}")


async def down(batch: Batch, lease: Lease) -> None:
    """What a handler does when Cassandra is down: try again for ever."""
    note("trying", batch.partition)

    async def write() -> None:
        raise ConnectionError("the database is down")

    await lease.retry(write, transient=lambda error: isinstance(error, ConnectionError))


def main() -> None:
    """Run it."""
    settings = Settings.model_validate(TASK["settings"])
    handle = {"work": work, "down": down}[TASK["mode"]]
    app = batch_app(TASK["group"], [TASK["topic"]], handle, start_offsets, settings, max_records=50)
    # The least a broker allows: tests kill workers and wait for it. Who has an id is to be back within it, though.
    app.conf.broker_session_timeout = 30.0 if settings.worker_id else 6.0
    app.conf.broker_commit_interval = 0.1
    idle = batch_app(TASK["group"] + "-idle", [TASK["topic"]], down, start_offsets, settings)
    run_worker([app] if TASK["mode"] == "work" else [app, idle], settings)


if __name__ == "__main__":
    main()
