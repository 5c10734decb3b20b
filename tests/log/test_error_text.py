"""Of an error its type and place are told, and nothing that somebody wrote."""

import asyncio
import importlib
import logging
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from events.error_text import QUOTING_NOBODY, TextFreeFormatter, causes, described, traceback_of
from events.ids import derived_id
from projections.rolls.roll import ROLL
from projections.store.protocol import StoreUnavailable
from tests.given import LAKE

TITLE = "Ada and Bo at the lake"


def raised(*, cause: bool = False) -> Exception:
    """An error of ours about a title, perhaps caused by another one about it."""
    try:
        try:
            raise KeyError(TITLE)
        except KeyError as error:
            if cause:
                raise ValueError(f"no {TITLE}") from error
            ROLL.upsert(roll_id=LAKE, **{TITLE: 1})
    except (KeyError, ValueError) as error:
        return error
    raise AssertionError


def test_an_error_is_its_type_and_the_innermost_line_of_ours() -> None:
    said = described(raised())
    assert said.startswith("ValueError in projections.store.table.Table._check, line ")
    assert described(ValueError(TITLE)) == "ValueError"
    with pytest.raises(AttributeError) as foreign:
        derived_id(TITLE)  # type: ignore[arg-type]  # raised by uuid, called by us
    assert " in events.ids.derived_id, line " in described(foreign.value)


def test_a_text_of_our_own_is_kept_and_a_group_is_its_first_errors() -> None:
    assert described(StoreUnavailable("OperationTimedOut: 10 s")) == "StoreUnavailable: OperationTimedOut: 10 s"
    assert described(StoreUnavailable()) == "StoreUnavailable"
    assert (
        described(KafkaConnectionError("no broker at a:1"))
        == "KafkaConnectionError: KafkaConnectionError: no broker at a:1"
    )
    group = ExceptionGroup(TITLE, [ValueError(TITLE), KeyError(TITLE), ValueError(TITLE), StoreUnavailable("away")])
    assert described(group) == "ValueError; KeyError"


@pytest.mark.parametrize("name", sorted(QUOTING_NOBODY))
def test_each_class_whose_text_is_kept_is_there(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), kind), Exception)


def test_a_traceback_has_lines_and_causes_and_no_text() -> None:
    told = traceback_of(raised(cause=True))
    assert 'raise ValueError(f"no {TITLE}") from error' in told  # a line of code is no text of a person
    assert told.index("KeyError") < told.index("which led to:") < told.index("ValueError in ")
    assert TITLE not in told
    assert len(list(causes(raised(cause=True)))) == 2


def written(record: dict[str, Any]) -> str:
    """How a log record is written."""
    return TextFreeFormatter("%(name)s %(message)s").format(logging.makeLogRecord({"name": "faust", **record}))


def test_a_librarys_log_line_has_no_text_of_an_error() -> None:
    """Seen to fail with logging's own formatter."""
    error = raised(cause=True)
    info = (type(error), error, error.__traceback__)
    lines = [
        written({"msg": "Crashed: %r", "args": (error,)}),
        written({"msg": "Crashed: %s", "args": (error,), "exc_info": info}),
        written({"msg": f"Crashed: {error!r} {error}", "exc_info": info, "exc_text": f"as another wrote it: {TITLE}"}),
    ]
    assert all("Crashed: ValueError in " in line for line in lines)
    assert not any(TITLE in line for line in lines)
    assert written({"msg": "%d of %s", "args": (1, "x")}) == "faust 1 of x"
    assert written({"msg": "%(a)s", "args": {"a": 1}}) == "faust 1"


def test_a_task_whose_error_nobody_took_is_logged_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio's own line shows the task with the beginning of its error's text."""

    async def fails() -> None:
        raise ValueError(TITLE)

    async def forget() -> None:
        task = asyncio.ensure_future(fails())
        await asyncio.wait([task])
        context = {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
        asyncio.get_running_loop().default_exception_handler(context)

    asyncio.run(forget())
    (record,) = caplog.records
    assert TITLE[:8] in record.getMessage()
    line = TextFreeFormatter("%(name)s %(message)s").format(record)
    assert line.startswith("asyncio Task exception was never retrieved\nTraceback")
    assert TITLE[:8] not in line
