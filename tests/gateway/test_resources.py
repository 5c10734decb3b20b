"""What the gateway's handlers share: its clock, work that goes on, bounded bodies, traces, and plans as text."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from producers.decide.decision import Claim, Decision
from producers.gateway.body_limit import BodyLimit
from producers.gateway.resources import whole_milliseconds
from producers.gateway.traceparent import traceparent_or_new
from producers.publisher import EncodedRecord
from producers.writes.plan import Plan, parse_plan, planned
from tests.gateway.shown import PHOTO, taken
from tests.gateway.world import ADA, BOB, one, world

pytestmark = pytest.mark.anyio

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
RECORD = EncodedRecord("photos", ADA, b"\x00\xff")
IDS = f'"id":"{one("thing")}","event_id":"{one("event")}","owner":"{ADA}"'
PLANS = {
    f'{{{IDS},"records":[["photos","{ADA}","AP8="]],"takes":["handle","new"],"gives_up":["handle","old"],'
    '"position":null,"done":false}': Plan(
        id=one("thing"),
        event_id=one("event"),
        owner=ADA,
        records=(RECORD,),
        claim=Claim(kind="handle", value="new"),
        release=Claim(kind="handle", value="old"),
    ),
    f'{{{IDS},"records":[],"takes":null,"gives_up":null,"position":"photos-3@41","done":true}}': Plan(
        id=one("thing"), event_id=one("event"), owner=ADA, position="photos-3@41", done=True
    ),
}


@pytest.mark.parametrize("text", PLANS)
def test_a_plans_text_stays_readable_for_the_next_version(text: str) -> None:
    assert PLANS[text].to_json() == text
    assert parse_plan(text) == PLANS[text]


def test_a_plan_without_records_is_done_already_and_keeps_what_its_decision_says() -> None:
    new, old = Claim(kind="handle", value="new"), Claim(kind="handle", value="old")
    decision = Decision(id=one("thing"), event_id=one("event"), claim=new, release=old)
    assert planned(decision, ADA, []) == Plan(
        id=one("thing"), event_id=one("event"), owner=ADA, records=(), claim=new, release=old, done=True
    )
    expected = Plan(id=one("thing"), event_id=one("event"), owner=ADA, records=(RECORD,), claim=new, release=old)
    assert planned(decision, ADA, [RECORD]) == expected
    done = Plan(
        id=one("thing"),
        event_id=one("event"),
        owner=ADA,
        records=(),
        claim=new,
        release=old,
        position="photos-3@41",
        done=True,
    )
    assert expected.executed("photos-3@41") == done


def test_the_clock_gives_whole_milliseconds_that_have_passed() -> None:
    times = [(datetime.now(UTC), whole_milliseconds(), datetime.now(UTC)) for _ in range(200)]
    for before, now, after in times:
        assert now.microsecond % 1000 == 0
        assert before - timedelta(milliseconds=1) < now <= after


async def test_work_goes_on_and_is_waited_for_at_the_end_and_a_failure_of_it_stays_its_own() -> None:
    async with world() as here:
        free = asyncio.Event()

        async def work() -> str:
            await free.wait()
            return "done"

        async def failing() -> None:
            raise ValueError("its own")

        async with asyncio.TaskGroup() as group:
            task, failed = here.resources.start(work()), here.resources.start(failing())
            assert here.resources.tasks == {task, failed}
            finishing = group.create_task(here.resources.finish())
            await asyncio.wait([failed])
            assert not finishing.done()
            free.set()
        assert task.result() == "done"
        assert isinstance(failed.exception(), ValueError)
        assert here.resources.tasks == set()
        await here.resources.finish()  # with nothing to wait for


async def read_all(_: Scope, receive: Receive, __: Send) -> None:
    """An application that reads its body to the end."""
    while (await receive()).get("more_body"):
        pass


@pytest.mark.parametrize(
    ("kind", "chunks", "refused"),
    [
        ("http", [10], False),
        ("http", [11], True),
        ("http", [5, 5], False),
        ("http", [5, 6], True),
        ("http", [0, 10, 0], False),
        ("http", [4, 4, 4], True),
        ("websocket", [11], False),
    ],
)
async def test_a_body_is_measured_as_it_is_read(kind: str, chunks: list[int], refused: bool) -> None:
    waiting = [
        {"type": "http.request", "body": b"x" * size, "more_body": n + 1 < len(chunks)} for n, size in enumerate(chunks)
    ]

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(_: Message) -> None:
        raise AssertionError("nothing is response_of here")

    limited = BodyLimit(read_all, most=10)({"type": kind}, receive, send)
    if not refused:
        await limited
        assert waiting == []
        return
    with pytest.raises(HTTPException) as error:
        await limited
    assert error.value.status_code == 413


@pytest.mark.parametrize(("size", "status"), [(65_536, 202), (65_537, 413)])
async def test_a_body_has_at_most_64_kib(size: int, status: int) -> None:
    async with world(*taken(PHOTO)) as here:
        text = "x" + " " * (size - len('{"text":"x"}'))
        assert (await here.ask(BOB, "POST", f"/v1/photos/{PHOTO}/comments", {"text": text})).status_code == status


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (TRACE, True),
        (TRACE.replace("00-", "cc-", 1), True),
        (TRACE[:-2] + "00", True),
        ("ff" + TRACE[2:], False),
        (TRACE.upper(), False),
        (TRACE + "-more", False),
        (" " + TRACE, False),
        (TRACE[:-1], False),
        ("00-" + "0" * 32 + TRACE[35:], False),
        (TRACE[:36] + "0" * 16 + "-01", False),
        ("", False),
        (None, False),
    ],
)
def test_a_trace_is_passed_on_if_it_is_valid_and_begins_anew_if_not(given: str | None, kept: bool) -> None:
    first, second = traceparent_or_new(given), traceparent_or_new(given)
    assert (first == given) == (second == given) == kept
    assert (first == second) == kept
    assert traceparent_or_new(first) == first
    assert kept or (first[:3], first[-3:]) == ("00-", "-01")
