"""Starts a command that can't outlive its parent: `python launch.py PARENT COMMAND...`.

It asks Linux for SIGKILL at the parent's death and then becomes the command, so this holds for Java too, and also
when the parent dies of SIGKILL itself. It is a program and not a `preexec_fn` because running Python between fork
and exec can deadlock in a process that has threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Asks for SIGKILL when the thread of `parent` that started this process ends. Exits if it has ended already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as failure:
        sys.exit(f"{sys.argv[2]}: {failure.strerror}")
