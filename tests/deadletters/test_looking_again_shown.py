"""The command waits for what the workers ask of reactors meanwhile, and says what came of it."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import uuid4

import pytest

from events.positions import Position
from ops.deadletters.letters import LetterId
from ops.deadletters.redrive import request_redrive
from ops.deadletters.render import look_json, looks
from ops.deadletters.session import Session
from processors.redrive.requests import APPLIED, RedriveRequest

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

    @property
    def requests(self) -> "Workers":
        return self

    async def ask(self, letters: Collection[LetterId]) -> None:
        self.rows |= {letter: request(letter) for letter in letters}

    async def requests_for(self, positions: Collection[Position]) -> dict[LetterId, RedriveRequest]:
        self.reads += 1
        if self.reads == 2:  # the projection's redrive asks the reactor, and is answered
            self.rows[EXPAND] = request(EXPAND)
            self.rows[MEMBERS] = replace(self.rows[MEMBERS], outcome=APPLIED)
        elif self.reads == 3:
            self.rows[EXPAND] = replace(self.rows[EXPAND], outcome="failed: a bug")
        return {letter: row for letter, row in self.rows.items() if letter[0] in positions}


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
