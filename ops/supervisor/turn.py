"""Processes that start beside the servers they need: each loads its code, and waits here for its turn."""

import os
import sys

HELD = "DARKROOM_HELD"  # set for the processes that `darkroom up` starts


def wait_for_turn() -> None:
    """Returns when whoever started this process closes its standard input; at once if nobody holds it."""
    if os.environ.get(HELD):
        sys.stdin.buffer.read()
