"""The log of a process of ours: lines on stderr, and libraries that repeat themselves at a decreasing rate."""

import logging
import sys

from events.error_text import TextFreeFormatter
from events.reachability import FIRST_SECONDS, LONGEST_SECONDS

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
# Libraries of which warnings and errors are logged. Without a broker aiokafka writes 60 lines a second.
LIBRARIES = (
    "aiokafka",
    "asyncio",
    "botocore",
    "cassandra",
    "faust",
    "httpx",
    "httpx2",
    "mode",
    "urllib3",
    "uvicorn",
)
# What these say of nodes that are away, with a traceback each second, `Reachability` says.
SAID_BY_US = ("cassandra.cluster", "cassandra.connection", "cassandra.pool")


class RateLimit(logging.Filter):
    """Lets a library's message through at once, then after 10 s, 20, 40, … up to 10 minutes; anew after a silence."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], tuple[float, float]] = {}  # when it was written, and the pause from then on

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        if not record.name.startswith(LIBRARIES):
            return True
        key = (record.name, str(record.msg))
        written, pause = self._last.get(key, (0.0, 0.0))
        silent = record.created - written
        if silent < pause:
            return False
        pause = FIRST_SECONDS if silent > 2 * pause else min(2 * pause, LONGEST_SECONDS)
        self._last[key] = (record.created, pause)
        return True


def log_to_stderr() -> None:
    """Sets the log of this process up: our own lines from INFO on, those of libraries from WARNING on."""
    if logging.getLogger().handlers:  # a second call
        return
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(TextFreeFormatter(FORMAT))
        handler.addFilter(RateLimit())
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SAID_BY_US:
        logging.getLogger(name).setLevel(logging.CRITICAL)
