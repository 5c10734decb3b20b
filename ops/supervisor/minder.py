"""Minds one child process while everything is up: starts it again when it has died, for as long as that takes."""

import time
from collections.abc import Callable

from ops.errors import OperatorError
from ops.supervisor.children import Child, Children, StartCancelled
from ops.supervisor.room import shortage

WATCH = 0.2  # seconds between two looks at the child
BACKOFF = 0.5  # seconds before the first restart; doubled for each further one in a row
LONGEST = 60.0  # seconds between two attempts, however often it has died
STEADY = 60.0  # seconds that a process must have been ready for its next death to be the first in a row
ROOM_POLL = 1.0  # seconds between two looks at a full disk
HEALTH_POLL = 15.0  # seconds between two questions to a server that runs: each login costs Cassandra 0.1 s of CPU
# A server that runs and hasn't answered for so long is started again (a database that has closed itself, for one). Long
# enough for a busy machine, a garbage collection or a laptop's sleep.
UNANSWERED = 60.0


class Minder:
    """Minds one child, in a thread of its own, until `children.stopping` is set; then it starts nothing any more."""

    def __init__(self, child: Child, children: Children, show_line: Callable[[str], None]) -> None:
        """`show_line` gets lines for the operator."""
        self._child, self._children, self._show_line = child, children, show_line
        self._in_a_row = 0
        self._asked = self._answered = time.monotonic()

    def run(self) -> None:
        """Minds it. Only a server (a program that keeps data) is asked whether it answers: the others say that they
        aren't ready while a server is away, and to start them again would mend nothing."""
        child = self._child
        while not self._children.stopping.wait(WATCH):
            if child.has_exited():
                child.reap()
                self._show_line(child.exit_report())
                self._start_again(child.end())
            elif child.program.data and self._is_deaf():
                reason = f"didn't answer for {UNANSWERED:.0f} s"
                self._show_line(f"{child.program.name} {reason}; its log is {child.log}:\n{child.tail()}")
                self._children.stop_child(child, "restarting")
                self._start_again(reason)

    def _is_deaf(self) -> bool:
        """Whether it hasn't answered for too long. Asks it now and then."""
        now = time.monotonic()
        if now - self._asked >= HEALTH_POLL:
            self._asked = now
            if answers(self._child):
                self._answered = time.monotonic()
        return time.monotonic() - self._answered > UNANSWERED

    def _start_again(self, reason: str) -> None:
        child, name = self._child, self._child.program.name
        if time.monotonic() - child.ready_at > STEADY:
            self._in_a_row = 0
        while True:
            if not self._wait_for_room():
                return
            pause = min(BACKOFF * 2.0**self._in_a_row, LONGEST)
            self._in_a_row += 1
            child.restarts += 1
            self._children.set_state(child, "restarting", reason)
            self._show_line(f"{name} starts again in {pause:.1f} s ({self._in_a_row} in a row).")
            if self._children.stopping.wait(pause):
                return
            try:
                # One of ours that waits for a server isn't ready, and says for what; a server that isn't ready hangs.
                self._children.start_child(child, child.program.patience if child.program.data else float("inf"))
            except StartCancelled:
                return
            except (OperatorError, OSError) as error:
                reason = str(error).partition("\n")[0]
                self._show_line(str(error))
                self._children.stop_child(child, "restarting")
            else:
                self._asked = self._answered = time.monotonic()
                self._show_line(f"{name} is ready again.")
                return

    def _wait_for_room(self) -> bool:
        """Waits until its disk has room, which counts as no attempt; False if everything is to stop."""
        child = self._child
        if full := shortage(child.program):
            self._in_a_row = 0
            self._children.set_state(child, "no room", full)
            self._show_line(f"{child.program.name}: {full}.")
            while shortage(child.program):
                if self._children.stopping.wait(ROOM_POLL):
                    return False
            self._show_line(f"{child.program.name}: there is room again.")
        return True


def answers(child: Child) -> bool:
    """Asks a child once whether it is ready."""
    try:
        return child.program.ready()
    except (OSError, OperatorError):
        return False
