"""Runs a worker process: one photo after the other from standard input, results to standard output.

    python -m processors.film.sandbox.worker '{"cpu_seconds": 20, …}' PARENT_PID

Started by `Pool`. It ends when its input or its parent does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import date
from typing import BinaryIO
from uuid import UUID

from processors.film.filter import filter_photo
from processors.film.limits import Limits
from processors.film.look.cube import cube
from processors.film.outcome import Outcome
from processors.film.sandbox import confine, wire
from processors.film.version import filter_version

FilterPhoto = Callable[[UUID, bytes, date, Limits], Outcome]


def serve(filter_photo: FilterPhoto, limits: Limits, jobs: BinaryIO, results: BinaryIO) -> None:
    """Filters photos until there are no more jobs."""
    results.write(wire.READY)
    results.flush()
    while len(head := jobs.read(wire.JOB.size)) == wire.JOB.size:
        photo_id, length, taken_on = wire.read_job_head(head)
        data = jobs.read(length)
        if len(data) < length:
            return
        confine.limit_cpu(limits.cpu_seconds)
        results.writelines(wire.result_frames(filter_photo(photo_id, data, taken_on, limits)))
        results.flush()


def run(filter_photo: FilterPhoto, arguments: list[str]) -> None:
    """Makes this process a worker. `arguments`: the limits as JSON, and the parent's process id."""
    limits = Limits(**json.loads(arguments[0]))
    confine.end_with_parent(int(arguments[1]))
    confine.ignore_signals()
    os.nice(limits.nice)
    confine.keep_freed_memory()
    # Whatever a library prints goes to standard error, not between the results.
    with os.fdopen(os.dup(1), "wb") as results, os.fdopen(os.dup(0), "rb") as jobs:
        os.dup2(2, 1)
        # Both are kept, and made before memory and files are limited.
        cube()
        filter_version()
        confine.limit_resources(limits.memory_bytes)
        serve(filter_photo, limits, jobs, results)


if __name__ == "__main__":
    run(filter_photo, sys.argv[1:])
