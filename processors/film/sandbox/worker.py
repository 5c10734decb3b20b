"""A worker process: one photo after the other from standard input, answers to standard output.

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

from processors.film.filter import develop_photo
from processors.film.limits import Limits
from processors.film.look.cube import cube
from processors.film.outcome import Filtered, Rejected
from processors.film.sandbox import confine, wire

Develop = Callable[[UUID, bytes, date, Limits], Filtered | Rejected]


def serve(develop: Develop, limits: Limits, jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer jobs until there are no more."""
    answers.write(wire.READY)
    answers.flush()
    while len(head := jobs.read(wire.JOB.size)) == wire.JOB.size:
        photo_id, length, taken_on = wire.read_job_head(head)
        data = jobs.read(length)
        if len(data) < length:
            return
        confine.allow_cpu(limits.cpu_seconds)
        answers.writelines(wire.answer(develop(photo_id, data, taken_on, limits)))
        answers.flush()


def run(develop: Develop, arguments: list[str]) -> None:
    """Become a worker that uses `develop`; `arguments` are the limits as JSON and the parent's process id."""
    limits = Limits(**json.loads(arguments[0]))
    confine.die_with(int(arguments[1]))
    confine.heed_parent_only()
    confine.keep_freed_memory()
    # Whatever a library prints goes to standard error, not between the answers.
    with os.fdopen(os.dup(1), "wb") as answers, os.fdopen(os.dup(0), "rb") as jobs:
        os.dup2(2, 1)
        cube()
        confine.confine(limits.memory_bytes)
        serve(develop, limits, jobs, answers)


if __name__ == "__main__":
    run(develop_photo, sys.argv[1:])
