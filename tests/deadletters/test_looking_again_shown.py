"""The command waits for what the workers ask of reactors meanwhile, and says what came of it."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import uuid4

import pytest

from events.positions import Position
from events.topics import Partitioning
from ops.deadletters.letters import LetterId, Selection
from ops.deadletters.redrive import cancel_requests, request_redrive
from ops.deadletters.render import look_json, looks
from ops.deadletters.session import Session
from processors.redrive.requests import APPLIED, CANCELLED, Page, Place, RedriveRequest
from tests.partitions import PARTITIONING

pytestmark = pytest.mark.anyio

MEMBERS: LetterId = (Position("rolls", 6, 0), "members")
EXPAND: LetterId = (Position("rolls", 6, 0), "expand")


def request(letter: LetterId, outcome: str = "") -> RedriveRequest:
    return RedriveRequest(*letter, uuid4(), outcome=outcome)


@dataclass
class Workers:
    """A session whose workers do one thing each time that the requests are read."""

    rows: dict[LetterId, RedriveRequest] = field(default_factory=dict[LetterId, RedriveRequest])
    reads: int = 0
    partitioning: Partitioning = PARTITIONING

    @property
    def requests(self) -> "Workers":
        return self

    async def ask(self, letters: Collection[LetterId]) -> None:
        self.rows |= {letter: request(letter) for letter in letters}

    async def requests_for(self, positions: Collection[Position]) -> dict[LetterId, RedriveRequest]:
        self.reads += 1
        return {letter: row for letter, row in self.rows.items() if letter[0] in positions}

    async def page(self, topic: str, partition: int, after: Place) -> Page:
        self.reads += 1
        if self.reads == 2:  # the projection's redrive asks the reactor, and is answered
            self.rows[EXPAND] = request(EXPAND)
            self.rows[MEMBERS] = replace(self.rows[MEMBERS], outcome=APPLIED)
        elif self.reads == 3:
            self.rows[EXPAND] = replace(self.rows[EXPAND], outcome="failed: a bug")
        behind = sorted((at.offset, name) for at, name in self.rows if (at.offset, name) > after)
        return Page([self.rows[Position(topic, partition, offset), name] for offset, name in behind], None)

    async def answer(self, asked: RedriveRequest, outcome: str) -> None:
        self.rows[asked.position, asked.projection] = replace(asked, outcome=outcome)


class Pending(Workers):
    """A session whose workers do nothing; all of its requests are in one partition."""

    async def page(self, topic: str, partition: int, after: Place) -> Page:
        here = sorted((at, name) for at, name in self.rows if (at.topic, at.partition) == (topic, partition))
        return Page([self.rows[each] for each in here], None)


@pytest.mark.parametrize(("projection", "left"), [(None, 0), ("members", 1), ("likers", 2)])
async def test_requests_that_are_pending_can_be_taken_back(projection: str | None, left: int) -> None:
    done: LetterId = (Position("rolls", 6, 9), "members")
    workers = Pending({letter: request(letter) for letter in (MEMBERS, EXPAND)} | {done: request(done, APPLIED)})
    session = cast(Session, cast(Any, workers))
    assert await cancel_requests(session, Selection(topic="rolls", projection=projection)) == 2 - left
    outcomes = [row.outcome for row in workers.rows.values()]
    assert sorted(outcomes) == sorted([""] * left + [CANCELLED] * (2 - left) + [APPLIED])


async def test_what_reactors_are_asked_meanwhile_is_waited_for() -> None:
    """Seen to fail with the letters' own answers alone: it ends with success while the reactor has yet to look."""
    other: LetterId = (MEMBERS[0], "filter")
    workers = Workers({EXPAND: request(EXPAND, APPLIED), other: request(other, APPLIED)})  # answered long ago
    counted: list[tuple[int, int]] = []
    session = cast(Session, cast(Any, workers))
    outcomes = await request_redrive(session, [MEMBERS], lambda done, of: counted.append((done, of)), 5.0)
    assert outcomes == {MEMBERS: APPLIED, EXPAND: "failed: a bug"}
    assert counted[-1] == (2, 2)


def test_the_list_says_who_looks_again(capsys: pytest.CaptureFixture[str]) -> None:
    asked = [request(EXPAND), request((MEMBERS[0], "develop"), APPLIED)]
    looks(asked)
    said = capsys.readouterr().out.splitlines()
    assert said == ["develop looks at rolls-6@0 again: applied", "expand looks at rolls-6@0 again: asked for"]
    assert look_json(asked[0])["reactor"] == "expand"
