"""Holds a process that starts beside the servers it needs: it loads its code, and waits until it is released."""

import os
import sys

START_GATE = "DARKROOM_START_GATE"  # set for the processes that `darkroom up` starts


def wait_for_start() -> None:
    """Waits until the parent closes this process's standard input; returns at once if it was started without a gate."""
    if os.environ.get(START_GATE):
        sys.stdin.buffer.read()
