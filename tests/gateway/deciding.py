"""Rows, acts and ids that tests of decisions begin from."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events.ids import derived_id
from producers.decide.decision import Act, Beginning
from projections.photos.photo import Photo
from projections.photos.rolls_of_photo import Placement
from projections.rolls.roll import Roll
from projections.tally.tally import Member
from tests.gateway.world import ADA, NOW, one
from web.problems import Problem

ROLL = Roll(one("roll"), creator_id=ADA, title="A roll", visibility="public")
HIDDEN = Roll(one("roll"), creator_id=ADA, title="A roll", visibility="private")
PHOTO = Photo(one("photo"), owner_id=ADA, taken_at=NOW, develops_at=NOW + timedelta(hours=9), developed=True)
DEVELOPING = Photo(one("photo"), owner_id=ADA, taken_at=NOW, develops_at=NOW + timedelta(hours=9))
OLDER, NEWER = one("older beginning"), one("newer beginning")


def act(who: UUID = ADA) -> Act:
    return Act(who, one("request"), NOW)


def derived(*names: object) -> UUID:
    """The id of what the request of `act` makes under these names."""
    return derived_id(one("request"), *names)


def first_fields(event_id: UUID, who: UUID = ADA) -> Beginning:
    """The fields that every event of `act` begins with."""
    return {"event_id": event_id, "occurred_at": NOW, "actor_id": who}


def live(name: str | UUID, role: str = "") -> Member:
    """A beginning that hasn't ended."""
    beginning = one(name) if isinstance(name, str) else name
    return Member(one("entity"), 0, one("member"), beginning, begun=NOW, role=role or None)


def placed(name: str | UUID, roll_id: UUID = ROLL.roll_id) -> Placement:
    """A placement that holds."""
    return Placement(PHOTO.photo_id, roll_id, one(name) if isinstance(name, str) else name, begun=True)


def refusal(decide: Any, *arguments: Any, **more: Any) -> tuple[int, str]:
    """The status and the detail of the problem that a decision ends in."""
    with pytest.raises(Problem) as problem:
        decide(*arguments, **more)
    return problem.value.status, problem.value.detail


def status(decide: Any, *arguments: Any, **more: Any) -> int:
    """The status of the problem that a decision ends in."""
    return refusal(decide, *arguments, **more)[0]
