"""Following people and rolls: the exact facts, and both sides of every condition."""

import pytest

from events.generated import RollFollowed, RollUnfollowed, UserFollowed, UserUnfollowed
from producers.decide.decision import Decision
from producers.decide.follows import follow_roll, follow_user, unfollow_roll, unfollow_user
from projections.accounts.users import User
from projections.rolls.roll import Roll
from tests.gateway.deciding import HIDDEN, NEWER, OLDER, ROLL, command, derived, first_fields, live, refusal
from tests.gateway.world import ADA, BOB, CAT

PEOPLE_FULL = "You follow 5000 people, which is as many as one can. Unfollow somebody first."


@pytest.mark.parametrize("following", [0, 1, 4_999])
def test_a_following_is_one_fact_with_the_requests_id(following: int) -> None:
    event_id = derived("UserFollowed")
    event = UserFollowed(**first_fields(event_id), follower_id=ADA, followee_id=BOB)
    assert follow_user(command(), User(BOB), [], following) == Decision(id=event_id, event_id=event_id, events=(event,))


@pytest.mark.parametrize("following", [5_000, 5_001])
def test_nobody_follows_more_than_five_thousand_people(following: int) -> None:
    status, detail = refusal(follow_user, command(), User(BOB), [], following)
    assert (status, detail) == (409, PEOPLE_FULL.replace("5000", str(following)))


def test_who_follows_as_many_as_one_can_may_say_again_whom_they_follow() -> None:
    assert follow_user(command(), User(BOB), [live(OLDER), live(NEWER)], 5_000) == Decision(id=OLDER, event_id=OLDER)


@pytest.mark.parametrize("person", [None, User(ADA)])
def test_refusals_come_before_what_is_so_already(person: User | None) -> None:
    expected = (404, "There is no such person.") if person is None else (403, "Nobody follows themselves.")
    assert refusal(follow_user, command(), person, [live(OLDER)], 5_000) == expected


def test_unfollowing_a_person_ends_each_beginning_with_a_fact_of_its_own() -> None:
    events = tuple(
        UserUnfollowed(
            **first_fields(derived("UserUnfollowed", beginning), BOB),
            follower_id=BOB,
            followee_id=CAT,
            follow_id=beginning,
        )
        for beginning in (OLDER, NEWER)
    )
    decision = unfollow_user(command(BOB), CAT, [live(OLDER), live(NEWER)])
    assert decision == Decision(id=OLDER, event_id=events[0].event_id, events=events)


def test_who_follows_nobody_or_no_roll_ends_nothing() -> None:
    assert refusal(unfollow_user, command(), BOB, []) == (404, "You don't follow this person.")
    assert refusal(unfollow_roll, command(), ROLL.roll_id, []) == (404, "You don't follow this roll.")


@pytest.mark.parametrize("roll", [ROLL, HIDDEN])
def test_a_roll_that_one_sees_is_followed(roll: Roll) -> None:
    event_id = derived("RollFollowed")
    event = RollFollowed(**first_fields(event_id, BOB), roll_id=ROLL.roll_id, follower_id=BOB)
    assert follow_roll(command(BOB), roll, []) == Decision(id=event_id, event_id=event_id, events=(event,))


def test_a_roll_that_one_follows_changes_nothing_and_names_the_oldest_beginning() -> None:
    assert follow_roll(command(), ROLL, [live(OLDER), live(NEWER)]) == Decision(id=OLDER, event_id=OLDER)
    assert refusal(follow_roll, command(), None, [live(OLDER)]) == (404, "There is no such roll.")


def test_unfollowing_a_roll_ends_each_beginning_with_a_fact_of_its_own() -> None:
    events = tuple(
        RollUnfollowed(
            **first_fields(derived("RollUnfollowed", beginning), BOB),
            roll_id=ROLL.roll_id,
            follower_id=BOB,
            follow_id=beginning,
        )
        for beginning in (OLDER, NEWER)
    )
    decision = unfollow_roll(command(BOB), ROLL.roll_id, [live(OLDER), live(NEWER)])
    assert decision == Decision(id=OLDER, event_id=events[0].event_id, events=events)
