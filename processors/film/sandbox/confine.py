"""Confines a worker process, and keeps it quick. Linux; a worker calls these on itself."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import time

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent(parent_pid: int) -> None:
    """Has this process killed when the parent ends, however it ends. Raises SystemExit if it already has.

    Strictly, when the parent's thread ends that started this process (prctl(2)): the one of the pool's event loop.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        raise SystemExit("the parent is gone")


def ignore_signals() -> None:
    """Ignores Ctrl-C and service managers' SIGTERM: the parent finishes its photos, then ends the workers."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)


def limit_resources(memory_bytes: int) -> None:
    """Limits this process' private memory and open files, and allows no core dumps and no new privileges."""
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def limit_cpu(seconds: int) -> None:
    """Allows this much CPU time from now on, rounded up to whole seconds; then SIGXCPU ends the process."""
    soft = int(time.process_time()) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def keep_freed_memory() -> None:
    """Lets malloc keep pictures' memory for the next ones: mapping fresh pages is a fifth of a photo's time.

    mallopt(3): blocks up to 32 MB (the most it takes) from the heap, which shrinks only beyond 128 MB unused.
    Where libc has no mallopt nothing changes but the speed.
    """
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        _libc.mallopt(_M_TRIM_THRESHOLD, 128 << 20)
