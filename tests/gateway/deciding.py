"""Rows, commands and ids that tests of decisions begin from."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events.ids import derived_id
from producers.decide.decision import Command, Metadata
from producers.decide.refusals import Refusal
from producers.gateway.problems import STATUSES
from projections.photos.card import card_json
from projections.photos.photo import Photo, Placement
from projections.rolls.roll import Roll
from projections.tally.tally import Member
from tests.gateway.memory import NOW
from tests.gateway.world import ADA, one
from tests.given import CARD

ROLL = Roll(one("roll"), creator_id=ADA, title="A roll", visibility="public")
HIDDEN = Roll(one("roll"), creator_id=ADA, title="A roll", visibility="private")
PHOTO = Photo(
    one("photo"),
    owner_id=ADA,
    taken_at=NOW,
    develops_at=NOW + timedelta(hours=9),
    card_json=card_json(CARD),
    developed=True,
)
DEVELOPING = Photo(one("photo"), owner_id=ADA, taken_at=NOW, develops_at=NOW + timedelta(hours=9))
OLDER, NEWER = one("older beginning"), one("newer beginning")


def command(who: UUID = ADA) -> Command:
    return Command(actor=who, request=one("request"), at=NOW)


def derived(*names: object) -> UUID:
    """The id of what the request of `command` makes under these names."""
    return derived_id(one("request"), *names)


def first_fields(event_id: UUID, who: UUID = ADA) -> Metadata:
    """The fields that every event of `command` begins with."""
    return {"event_id": event_id, "occurred_at": NOW, "actor_id": who}


def live(name: str | UUID, role: str = "") -> Member:
    """A beginning that hasn't ended."""
    beginning = one(name) if isinstance(name, str) else name
    return Member(one("entity"), 0, beginning, one("member"), begun=NOW, role=role or None)


def placed(name: str | UUID, roll_id: UUID = ROLL.roll_id) -> Placement:
    """A placement that holds."""
    return Placement(PHOTO.photo_id, roll_id, one(name) if isinstance(name, str) else name)


def refusal(decide: Any, *arguments: Any, **more: Any) -> tuple[int, str]:
    """The status and the detail of the refusal that a decision ends in."""
    with pytest.raises(Refusal) as raised:
        decide(*arguments, **more)
    return STATUSES[type(raised.value)], raised.value.detail


def status(decide: Any, *arguments: Any, **more: Any) -> int:
    """The status of the refusal that a decision ends in."""
    return refusal(decide, *arguments, **more)[0]
