"""Requests of several apps of one process, of which only some can be in flight: everybody has a turn."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from projections.store.in_flight import A_TURN, Pipeline
from projections.store.turns import CALLER, Rows

pytestmark = pytest.mark.anyio

ROOM = 4


class Response:
    """What the driver answers when the test says so."""

    def add_callbacks(self, callback: Any, errback: Any, *, callback_args: Any, errback_args: Any) -> None:
        """See the driver's ResponseFuture."""
        self.answer = lambda: callback([], *callback_args)


class Session:
    """Notes what it is sent, in order."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.responses: list[Response] = []

    def execute_async(self, request: str, host: Any = None) -> Response:
        """See the driver's Session."""
        self.sent.append(request)
        self.responses.append(Response())
        return self.responses[-1]

    def answer(self, number: int) -> None:
        """Answers the oldest requests that are in flight."""
        some, self.responses = self.responses[:number], self.responses[number:]
        for response in some:
            response.answer()


class Apps:
    """Apps that send requests, named by them."""

    def __init__(self, limit: int = ROOM) -> None:
        self.session: Any = Session()
        self.loop = asyncio.get_running_loop()
        self.pipeline = Pipeline(self.session, limit, self.loop)
        self.answered: list[str] = []

    def send(self, app: str, number: int, urgent: bool = False) -> asyncio.Future[None]:
        CALLER.set(app)
        waiter: asyncio.Future[None] = self.loop.create_future()
        for n in range(number):
            request = f"{app}{n}"

            def callback(_: Rows, __: Exception | None, request: str = request) -> None:
                self.answered.append(request)

            self.pipeline.send(lambda request=request: request, callback, waiter, urgent=urgent)
        return waiter

    async def answer(self, number: int) -> None:
        self.session.answer(number)
        await asyncio.sleep(0)


async def test_the_backlog_of_one_app_delays_no_other() -> None:
    """Seen to fail with one queue for all: b's first request is the hundredth."""
    apps = Apps()
    apps.send("a", 100)
    apps.send("b", 3)
    apps.send("c", 2)
    await apps.answer(ROOM)
    await apps.answer(ROOM)
    assert apps.session.sent[ROOM:] == ["a4", "b0", "c0", "a5", "b1", "c1", "a6", "b2"]


async def test_progress_goes_first() -> None:
    """Seen to fail with what is urgent put at the end of its app's queue."""
    apps = Apps()
    apps.send("a", 100)
    apps.send("b", 10)
    apps.send("p", 1, urgent=True)
    await apps.answer(1)
    assert apps.session.sent[ROOM:] == ["p0"]


async def test_what_nobody_waits_for_takes_no_room() -> None:
    apps = Apps()
    apps.send("a", ROOM)
    apps.send("b", 2).cancel()
    apps.send("c", 1)
    await apps.answer(1)
    assert apps.session.sent[ROOM:] == ["c0"]


async def test_an_app_that_has_nothing_left_is_forgotten() -> None:
    apps = Apps()
    for app in "abc":
        apps.send(app, ROOM)
    for _ in range(3):
        await apps.answer(ROOM)
    assert not apps.pipeline._turns
    assert len(apps.pipeline._turns) == 0
    assert sorted(apps.answered) == sorted(apps.session.sent)


async def test_the_loop_breathes_while_answers_arrive() -> None:
    """Seen to fail with all of them taken over at once: what else the loop has to do waits for the last one."""
    number = 3 * A_TURN + 1
    apps = Apps(limit=number)
    apps.send("a", number)
    seen: list[int] = []
    done = asyncio.Event()

    def look() -> None:
        seen.append(len(apps.answered))
        if seen[-1] == number:
            done.set()
        else:
            apps.loop.call_soon(look)

    apps.session.answer(number)
    apps.loop.call_soon(look)
    await done.wait()
    assert [b - a for a, b in pairwise([0, *dict.fromkeys(seen)])][-3:] == [A_TURN, A_TURN, 1]


async def test_a_caller_is_known_in_the_tasks_it_makes() -> None:
    apps = Apps(limit=1)
    apps.send("a", 3)
    CALLER.set("b")

    async def sends() -> None:
        waiter: asyncio.Future[None] = apps.loop.create_future()
        apps.pipeline.send(lambda: "of b's task", lambda *_: None, waiter)

    await asyncio.gather(sends(), sends())
    await apps.answer(1)
    await apps.answer(1)
    assert apps.session.sent == ["a0", "a1", "of b's task"]
