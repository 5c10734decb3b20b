"""Small disks of a test's own, filled to the last byte, under servers that a supervisor minds."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from ops.supervisor.supervisor import Supervisor


def mount_small_disk(folder: Path, megabytes: int) -> None:
    """Mounts a tmpfs on a folder; it goes with the mount namespace, which must be our own (`unshare -rm`)."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leaves no byte free on the disk that a folder is on; the file that does it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as out:
        size = 1 << 20
        while size >= 4096:
            try:
                out.write(bytes(size))
            except OSError:
                size //= 2
    return filler


def supervised(supervisor: Supervisor, work: Callable[[], object]) -> None:
    """Runs a supervisor, and some work beside it once all is ready; then ends it. Raises what the work raised."""
    failures: list[BaseException] = []

    def beside() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    supervisor.run(ready=threading.Thread(target=beside).start)
    if failures:
        raise failures[0]
