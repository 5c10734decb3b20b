"""Accounts: the exact facts, and what is claimed and given up for them."""

from typing import Any

import pytest

from events.generated import HandleChanged, ProfileChanged, UserDeactivated, UserReactivated, UserRegistered
from producers.decide.accounts import WantedHandle, change, deactivate, handle_claim, reactivate, register
from producers.decide.decision import Claim, Decision
from tests.gateway.deciding import command, derived, first_fields, refusal
from tests.gateway.world import ADA, BOB, one

OLD, NEW = Claim(kind="handle", value="old hmac"), Claim(kind="handle", value="new hmac")
CLAIMING = one("the event that claimed it")
WANTED = WantedHandle(handle="ada.l", hmac="new hmac", claimed_by=None)
HELD = WantedHandle(handle="ada.l", hmac="new hmac", claimed_by=CLAIMING)
NOTHING = (422, "There is nothing to change: name at least one field.")


def profile(*changed: str, **fields: Any) -> ProfileChanged:
    return ProfileChanged(**first_fields(derived("ProfileChanged")), user_id=ADA, changed=changed, **fields)


def renamed(old: str = "old hmac", new: str = "new hmac") -> HandleChanged:
    return HandleChanged(
        **first_fields(derived("HandleChanged")),
        user_id=ADA,
        handle="ada.l",
        handle_hmac=new,
        old_handle_hmac=old,
    )


def test_who_registers_is_the_commands_actor_and_takes_a_handle() -> None:
    event = UserRegistered(
        **first_fields(derived("UserRegistered"), BOB),
        user_id=BOB,
        handle="bob",
        handle_hmac="new hmac",
        display_name="Bob B.",
        zone="Asia/Tokyo",
    )
    expected = Decision(id=BOB, event_id=event.event_id, events=(event,), claim=NEW)
    assert (
        register(command(BOB), handle="bob", handle_hmac="new hmac", display_name="Bob B.", zone="Asia/Tokyo")
        == expected
    )
    assert handle_claim("old hmac") == OLD


def test_a_new_handle_is_taken_and_the_old_one_given_up() -> None:
    decision = change(command(), {}, own_hmac="old hmac", wanted=WANTED)
    assert decision == Decision(id=ADA, event_id=derived("HandleChanged"), events=(renamed(),), claim=NEW, release=OLD)


def test_a_handle_that_is_written_otherwise_is_taken_anew_and_nothing_given_up() -> None:
    decision = change(command(), {}, own_hmac="new hmac", wanted=WANTED)
    event = renamed(old="new hmac")
    assert decision == Decision(id=ADA, event_id=derived("HandleChanged"), events=(event,), claim=NEW)


def test_a_handle_and_a_profile_are_two_facts_the_first_of_which_is_answered() -> None:
    events = (renamed(), profile("bio", "zone", zone="UTC", bio=None))
    decision = change(command(), {"zone": "UTC", "bio": None}, own_hmac="old hmac", wanted=WANTED)
    assert decision == Decision(id=ADA, event_id=events[0].event_id, events=events, claim=NEW, release=OLD)


@pytest.mark.parametrize("wanted", [None, HELD])
def test_a_profile_is_changed_without_touching_a_handle_that_one_has(wanted: WantedHandle | None) -> None:
    event = profile("avatar_id", "display_name", avatar_id=None, display_name="Ada L.")
    fields = {"display_name": "Ada L.", "avatar_id": None}
    decision = change(command(), fields, own_hmac="new hmac", wanted=wanted)
    assert decision == Decision(id=ADA, event_id=event.event_id, events=(event,))


def test_a_handle_that_one_has_already_names_the_event_that_claimed_it() -> None:
    assert change(command(), {}, own_hmac="new hmac", wanted=HELD) == Decision(id=ADA, event_id=CLAIMING)


def test_a_change_of_nothing_is_refused() -> None:
    assert refusal(change, command(), {}, own_hmac="old hmac", wanted=None) == NOTHING


def test_going_away_and_coming_back_are_one_fact_each() -> None:
    gone = UserDeactivated(**first_fields(derived("UserDeactivated")), user_id=ADA)
    back = UserReactivated(**first_fields(derived("UserReactivated")), user_id=ADA)
    assert deactivate(command()) == Decision(id=ADA, event_id=gone.event_id, events=(gone,))
    assert reactivate(command()) == Decision(id=ADA, event_id=back.event_id, events=(back,))
