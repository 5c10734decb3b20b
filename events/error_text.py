"""What may be said of an error in a log, a dead letter or an outcome: its type and where it was raised, not its text.

An exception's text may quote what it failed on, and that may be a title or a message that somebody wrote. So a text is
kept only where we write it ourselves, and quote nobody.
"""

import copy
import logging
import re
import traceback
from collections.abc import Iterator
from types import FrameType

OURS = ("events", "projections", "web", "producers", "processors", "api", "ops")
NESTED = 3  # errors of a group that are said
# Exceptions whose texts are ours, or a server's about itself. A class that isn't listed has no text in a log.
QUOTING_NOBODY = frozenset(
    {
        "events.personal.KeysUnavailable",
        "events.registry.RegistryUnavailable",
        "events.registry.UnknownSchema",
        "projections.store.protocol.StoreUnavailable",
        "projections.store.protocol.Unstorable",
        "projections.store.table.CorrectedTooOften",
        "producers.publisher.NotPublished",
        "producers.publisher.RefusedRecord",
        "producers.uploads.StorageUnavailable",
        "processors.film.sandbox.child.WorkerLost",
        "processors.film.sandbox.child.WorkerNotStarted",
        "processors.film.sandbox.pool.PoolClosed",
        "processors.filter.NotFiltered",
        "processors.handlers.circuit_breaker.CircuitOpen",
        "processors.handlers.writer.Forgotten",
        "processors.object_store.ObjectChanged",
        "processors.object_store.ObjectsUnavailable",
        "processors.log.records.OutsideTheLog",
        "processors.transport.lease.LeaseLost",
        "processors.transport.membership.FencedMember",
    }
)
OF_BROKERS = ("aiokafka.errors",)  # they say which broker does not answer, and which offset isn't there


def described(error: BaseException) -> str:
    """An error without a word of anybody's: `ValueError in projections.rolls.roll.roll, line 44`.

    Where the text is ours (QUOTING_NOBODY), it stands in place of the line. A group is its first errors."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(dict.fromkeys(described(nested) for nested in error.exceptions[:NESTED]))
    kind = type(error)
    listed = f"{kind.__module__}.{kind.__qualname__}" in QUOTING_NOBODY or kind.__module__ in OF_BROKERS
    if listed and str(error):
        return f"{kind.__name__}: {error}"
    return f"{kind.__name__}{place_of(error)}"


def place_of(error: BaseException) -> str:
    """Where an error was raised: the innermost frame of our own code, or the innermost of all; empty without any."""
    frames = list(traceback.walk_tb(error.__traceback__))
    own = [each for each in frames if module_of(each[0]).partition(".")[0] in OURS]
    if not frames:
        return ""
    frame, line = (own or frames)[-1]
    return f" in {module_of(frame)}.{frame.f_code.co_qualname}, line {line}"


def module_of(frame: FrameType) -> str:
    """The module of a frame."""
    return frame.f_globals.get("__name__", "?")


def traceback_of(error: BaseException) -> str:
    """An error's traceback with what caused it, as Python prints it but for the texts. No newline is at its end."""
    parts = [
        "".join(["Traceback (most recent call last):\n", *traceback.format_tb(each.__traceback__), described(each)])
        for each in causes(error)
    ]
    return "\n\nwhich led to:\n\n".join(reversed(parts))


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and what led to it."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


class Said(str):
    """A text that `%r` writes as `%s` does."""

    __slots__ = ()
    __repr__ = str.__str__


class TextFreeFormatter(logging.Formatter):
    """Formats log records, of libraries too, without the texts of the errors in them."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        clean = copy.copy(record)
        clean.exc_text = None  # what another formatter made of the error
        if isinstance(record.args, tuple):
            clean.args = tuple(Said(described(x)) if isinstance(x, BaseException) else x for x in record.args)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            clean.msg, clean.args = message_without(clean.getMessage(), record.name, error), ()
        return super().format(clean)

    def formatException(self, ei: object) -> str:
        """See logging.Formatter."""
        assert isinstance(ei, tuple)
        return traceback_of(ei[1])


def message_without(message: str, logger: str, error: BaseException) -> str:
    """A message about an error without the texts of it and of its causes."""
    if logger == "asyncio":  # its further lines show the task, and cut what its error says
        message = message.partition("\n")[0]
    for each in causes(error):
        for text in (repr(each), str(each)):
            if text and text != described(each):
                message = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", lambda _, e=each: described(e), message)
    return message
