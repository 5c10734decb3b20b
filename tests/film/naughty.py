"""A worker that does what its photo says, for the tests of the pool: python -m tests.film.naughty LIMITS PARENT.

A photo is "word path", with the path of a file or a FIFO where the word needs one.
"""

import os
import signal
import sys
from datetime import date
from pathlib import Path
from uuid import UUID

from processors.film.limits import Limits
from processors.film.outcome import Filtered, Reason, Rejected, Variant
from processors.film.sandbox.worker import run


def obey(photo_id: UUID, data: bytes, taken_on: date, limits: Limits) -> Filtered | Rejected:
    """Misbehave as told, or give a small answer."""
    word, _, path = data.decode().partition(" ")
    match word:
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "crash-once" if not Path(path).exists():
            Path(path).touch()
            os.kill(os.getpid(), signal.SIGSEGV)
        case "stop-once" if not Path(path).exists():
            Path(path).touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        case "raise":
            raise ArithmeticError("a bug")
        case "spin":
            if path:
                Path(path).write_text(str(os.getpid()))
            while True:
                pass
        case "spin-on":
            signal.signal(signal.SIGXCPU, signal.SIG_IGN)
            while True:
                pass
        case "hang":
            if path:
                Path(path).write_text(str(os.getpid()))
            signal.pause()
        case "chatter":
            print("a library prints to standard output")
            os.write(1, b"so does C\n")
        case "nonsense":
            os.write(int(path), b"\xff" * 200)
        case "reject":
            return Rejected.because(Reason.DAMAGED)
        case _:
            pass
    return Filtered({name: Variant(data, 1, 1) for name in ("full", "feed", "thumb")}, "L" * 28, "")


if __name__ == "__main__":
    run(obey, sys.argv[1:])
