"""Tells processes apart: an id is used again, so nothing is signalled by its number alone."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

POLL = 0.02  # seconds


def of(pid: int) -> str:
    """Returns what tells a process from any later one with the same id: the boot, and its start in clock ticks since.

    Empty if there is no such process, or if it has ended and waits to be collected.
    """
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return ""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return "" if state in "ZX" else f"{boot}/{rest[18]}"


def alive(pid: int | None, identity: str) -> bool:
    """Returns whether the process that had this id and identity still runs."""
    return pid is not None and identity != "" and of(pid) == identity


def send(pid: int, identity: str, number: signal.Signals) -> None:
    """Signals this very process, or none."""
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            if alive(pid, identity):  # asked while the handle is held, so the result stays true
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def wait_gone(pid: int, identity: str, seconds: float) -> bool:
    """Waits until this process has ended; False if it hasn't after so many seconds."""
    until = time.monotonic() + seconds
    while alive(pid, identity):
        if time.monotonic() > until:
            return False
        time.sleep(POLL)
    return True


def ended(child: subprocess.Popen[bytes]) -> bool:
    """Returns whether this child of ours has ended; it isn't collected yet, so its id is still its own."""
    if child.returncode is not None:
        return True
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def wait(child: subprocess.Popen[bytes], seconds: float = float("inf")) -> bool:
    """Waits until this child has ended; False if it hasn't after so many seconds."""
    until = time.monotonic() + seconds
    while not ended(child):
        if time.monotonic() > until:
            return False
        time.sleep(POLL)
    return True


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kills what is left of the process group that this child, ended but not collected, leads."""
    if child.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
