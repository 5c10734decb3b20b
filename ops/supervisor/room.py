"""Room on disks: a server that died of a full disk is started again when there is some."""

import shutil
from pathlib import Path

from ops.supervisor.program import Program

# What a start needs: Cassandra makes commit-log segments of 32 MB, and Kafka an index of 10 MB for each partition that
# it writes to. Far above what is left when the last write failed.
ROOM = 100 * 2**20


def shortage(program: Program, room: int = ROOM) -> str:
    """Says that the disk which holds a program's data has less than `room` bytes left; empty if it has more."""
    left = room_left(program.data) if program.data else None
    if left is None or left >= room:
        return ""
    return (
        f"the disk that holds {program.data} has {left // 2**20} MB left, and {program.name} needs {room // 2**20} MB "
        f"to start: make room; it is started again when there is room"
    )


def room_left(folder: Path) -> int | None:
    """Returns how many bytes can still be written to the disk that holds a folder; None if that can't be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
