"""A gateway stops at any of its steps, and another is asked with the same key: what was asked for happens once.

Seen to fail with a plan that isn't kept, with one that isn't looked for once a decision was refused, and with a new
decision in the place of a plan that stands in the log.
"""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events.generated import Event, PhotoLiked, UserFollowed
from events.ids import event_id_of
from producers.uploads import Uploaded
from producers.writes.execute import Executor
from projections.store.protocol import StoreUnavailable
from tests.gateway.shown import PHOTO, placed, taken
from tests.gateway.world import ADA, APP, BOB, PRIVATE, PUBLIC, SETTINGS, GatewayWorld, begin, one, world
from tests.travelling import travel

UPLOAD = one("upload")
KEY = {"Idempotency_Key": "k1"}
BEFORE: tuple[Event, ...] = (
    *taken(PHOTO),
    placed(PHOTO, PUBLIC),
    placed(PHOTO, PRIVATE),
    PhotoLiked(**begin("liked", BOB), photo_id=PHOTO, liker_id=BOB),
    UserFollowed(**begin("follows", BOB), follower_id=BOB, followee_id=ADA),
)
REQUESTS: list[tuple[UUID, str, str, Any]] = [
    (ADA, "POST", "/v1/rolls", {"title": "Lake"}),
    (BOB, "DELETE", f"/v1/photos/{PHOTO}/like", None),  # once it is done there is nothing left to undo
    (ADA, "PUT", f"/v1/users/{BOB}/follow", None),
    (ADA, "DELETE", f"/v1/photos/{PHOTO}", None),
    (ADA, "PATCH", "/v1/me", {"handle": "ada.l", "bio": "Light."}),
    (ADA, "POST", "/v1/photos", {"upload_id": str(UPLOAD), "rolls": [str(PUBLIC), str(PRIVATE)]}),
]
STEPS = ("find", "save_plan", "replace_plan", "save_answer", "claim", "settle", "release", "append")


class Stopping:
    """What a gateway does with others until it stops: at a step, which it may have made, or not."""

    def __init__(self, step: int, *, made: bool):
        self._left, self._made = step, made

    @property
    def stopped(self) -> bool:
        """Whether it has come so far."""
        return self._left < 0

    def of(self, other: Any) -> Any:
        """Returns something that this gateway has until it stops."""
        return Stoppable(self, other)

    async def do(self, step: Callable[[], Awaitable[Any]]) -> Any:
        """Makes a step, unless it has stopped."""
        if self.stopped:
            raise StoreUnavailable("it has stopped")
        self._left -= 1
        if not self.stopped:
            return await step()
        if self._made:
            await step()
        raise StoreUnavailable("it stops")


class Stoppable:
    """See Stopping."""

    def __init__(self, stopping: Stopping, other: Any):
        self._stopping, self._other = stopping, other

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._other, name)
        if name not in STEPS:
            return found

        async def step(*given: Any, **named: Any) -> Any:
            return await self._stopping.do(lambda: found(*given, **named))

        return step


async def ask_one_that_stops(here: GatewayWorld, request: tuple[UUID, str, str, Any], stopping: Stopping) -> int:
    """Asks a gateway that stops; what it answers."""
    claims, log = stopping.of(here.claims), stopping.of(here.appended)
    resources = dataclasses.replace(
        here.resources,
        claims=claims,
        executor=Executor(log, claims, here.search, here, SETTINGS.copy_window),
        idempotency=stopping.of(here.idempotency),
        tasks=set(),
    )
    APP.state.resources = resources
    try:
        status = (await here.ask(*request, **KEY)).status_code
        await resources.finish()
    finally:
        APP.state.resources = here.resources
    return status


def facts(here: GatewayWorld) -> set[tuple[str, bytes]]:
    """What is in the log, each with its id."""
    records = (record for records in here.appended.log.partitions.values() for record in records)
    return {(str(event_id_of(record.value)), record.value) for record in records if record.value is not None}


async def stopped_at(request: tuple[UUID, str, str, Any], seconds: float, step: int, *, made: bool) -> bool:
    """Whether a gateway stops at this step; if so, another is asked so many seconds later."""
    async with world(*BEFORE) as here:
        here.uploads.sent[f"uploads/{ADA}/{UPLOAD}"] = Uploaded("etag", 1000)
        before = facts(here)
        stopping = Stopping(step, made=made)
        status = await ask_one_that_stops(here, request, stopping)
        assert (status == 503) == stopping.stopped
        await here.fold()
        here.now += timedelta(seconds=seconds)
        again = await here.ask(*request, **KEY)
        assert again.status_code == 202, again.text
        await here.fold()
        third = await here.ask(*request, **KEY)
        assert (third.status_code, third.json()) == (202, again.json())
        made_now = facts(here) - before
        assert len({event_id for event_id, _ in made_now}) == len(made_now), "one event, with two contents"
        assert {event_id for event_id, _ in made_now} == await facts_of(request)
        return stopping.stopped


async def facts_of(request: tuple[UUID, str, str, Any]) -> set[str]:
    """The ids of what a request makes where nothing stops."""
    async with world(*BEFORE) as here:
        here.uploads.sent[f"uploads/{ADA}/{UPLOAD}"] = Uploaded("etag", 1000)
        before = facts(here)
        assert (await here.ask(*request, **KEY)).status_code == 202
        return {event_id for event_id, _ in facts(here) - before}


@pytest.mark.parametrize("request_", REQUESTS, ids=[f"{method} {path}" for _, method, path, _ in REQUESTS])
@pytest.mark.parametrize("seconds", [0, 395, 3600])
@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_what_is_asked_for_again_happens_once(request_: tuple[UUID, str, str, Any], seconds: float, made: bool) -> None:
    step = 0
    while travel(stopped_at(request_, seconds, step, made=made)):
        step += 1
    assert step >= 3  # the plan, the append, the note
