"""One of our processes with its clock off: `python -m tests.faults.clock SECONDS worker develop`.

`python -m tests.faults.clock SECONDS without NAME worker develop` takes out a protection too (tests/faults/without.py).

Shifts what Python's `time.time`, `time.time_ns` and `datetime` say of now, in this process and before anything else is
imported. Not what C code asks by itself (librdkafka's timestamps, a file's time), nor the monotonic clock, which does
not jump on a machine whose clock is set either; and not a process that this one starts (a film worker needs no clock).
"""

import datetime
import runpy
import sys
import time

SECONDS = float(sys.argv[1])


class Instances(type):
    """A real datetime is one of ours as well: libraries in C make those."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, REAL)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, REAL)


REAL = datetime.datetime
SHIFT = datetime.timedelta(seconds=SECONDS)


class Shifted(REAL, metaclass=Instances):
    """datetime, of a clock that is off."""

    __slots__ = ()  # the size of datetime's own instances, which libraries in C check

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> REAL:  # type: ignore[override]
        """See datetime."""
        return REAL.now(tz) + SHIFT

    @classmethod
    def utcnow(cls) -> REAL:  # type: ignore[override]
        """See datetime."""
        return REAL.now(datetime.UTC).replace(tzinfo=None) + SHIFT


def shift() -> None:
    """Puts the clock off."""
    seconds, nanoseconds = time.time, time.time_ns
    time.time = lambda: seconds() + SECONDS
    time.time_ns = lambda: nanoseconds() + int(SECONDS * 1e9)
    datetime.datetime = Shifted  # type: ignore[misc]


if __name__ == "__main__":
    sys.argv = ["darkroom", *sys.argv[2:]]  # before Faust reads it
    shift()
    if sys.argv[1] == "without":
        del sys.argv[0]
        runpy.run_module("tests.faults.without", run_name="__main__")
    else:
        from ops.cli import main

        main()
