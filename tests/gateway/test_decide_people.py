"""Accounts: the exact facts, and what is claimed and given up for them."""

from typing import Any

import pytest

from events.generated import HandleChanged, ProfileChanged, UserDeactivated, UserReactivated, UserRegistered
from producers.decide.accounts import change, deactivate, handle_claim, reactivate, register
from producers.decide.decision import Claim, Decision
from tests.gateway.deciding import act, derived, first_fields, refusal
from tests.gateway.world import ADA, BOB, one

OLD, NEW = Claim("handle", "old hmac"), Claim("handle", "new hmac")
CLAIMING = one("the event that claimed it")
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


def test_who_registers_is_the_acts_actor_and_takes_a_handle() -> None:
    event = UserRegistered(
        **first_fields(derived("UserRegistered"), BOB),
        user_id=BOB,
        handle="bob",
        handle_hmac="new hmac",
        display_name="Bob B.",
        zone="Asia/Tokyo",
    )
    expected = Decision(BOB, event.event_id, (event,), takes=NEW)
    assert register(act(BOB), "bob", "new hmac", "Bob B.", "Asia/Tokyo") == expected
    assert handle_claim("old hmac") == OLD


def test_a_new_handle_is_taken_and_the_old_one_given_up() -> None:
    decision = change(act(), {}, "old hmac", "ada.l", "new hmac", None)
    assert decision == Decision(ADA, derived("HandleChanged"), (renamed(),), takes=NEW, gives_up=OLD)


def test_a_handle_that_is_written_otherwise_is_taken_anew_and_nothing_given_up() -> None:
    decision = change(act(), {}, "new hmac", "ada.l", "new hmac", None)
    event = renamed(old="new hmac")
    assert decision == Decision(ADA, derived("HandleChanged"), (event,), takes=NEW)


def test_a_handle_and_a_profile_are_two_facts_the_first_of_which_is_answered() -> None:
    events = (renamed(), profile("bio", "zone", zone="UTC", bio=None))
    decision = change(act(), {"zone": "UTC", "bio": None}, "old hmac", "ada.l", "new hmac", None)
    assert decision == Decision(ADA, events[0].event_id, events, takes=NEW, gives_up=OLD)


@pytest.mark.parametrize("handle", [None, "ada.l"])
def test_a_profile_is_changed_without_touching_a_handle_that_one_has(handle: str | None) -> None:
    event = profile("avatar_id", "display_name", avatar_id=None, display_name="Ada L.")
    fields = {"display_name": "Ada L.", "avatar_id": None}
    holds = CLAIMING if handle else None
    decision = change(act(), fields, "new hmac", handle, "new hmac" if handle else "", holds)
    assert decision == Decision(ADA, event.event_id, (event,))


def test_a_handle_that_one_has_already_names_the_event_that_claimed_it() -> None:
    assert change(act(), {}, "new hmac", "ada.l", "new hmac", CLAIMING) == Decision(ADA, CLAIMING)


def test_a_change_of_nothing_is_refused() -> None:
    assert refusal(change, act(), {}, "old hmac", None, "", None) == NOTHING


def test_going_away_and_coming_back_are_one_fact_each() -> None:
    gone = UserDeactivated(**first_fields(derived("UserDeactivated")), user_id=ADA)
    back = UserReactivated(**first_fields(derived("UserReactivated")), user_id=ADA)
    assert deactivate(act()) == Decision(ADA, gone.event_id, (gone,))
    assert reactivate(act()) == Decision(ADA, back.event_id, (back,))
