"""Decisions: given rows, when somebody does something, then facts, or a refusal that says why not."""

from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import pytest

from events.generated import (
    HandleChanged,
    MemberJoined,
    MemberLeft,
    MemberRemoved,
    MemberRoleChanged,
    PhotoAddedToRoll,
    PhotoRemovedFromRoll,
    PhotoTaken,
    ProfileChanged,
    RollChanged,
    RollCreated,
    UserUnfollowed,
)
from producers.decide import accounts, follows, members, photos, reactions, rolls
from producers.decide.decision import Claim
from producers.limits import FOLLOWED_PEOPLE, ROLLS_A_PERSON, ROLLS_A_PHOTO
from projections.accounts.users import User
from projections.photos.photo import Photo, Placement
from projections.rolls.roll import Roll
from tests.gateway.deciding import DEVELOPING, HIDDEN, PHOTO, ROLL, command, live, placed, status
from tests.gateway.memory import NOW
from tests.gateway.world import ADA, BOB, CAT, one


def test_the_same_request_makes_the_same_facts() -> None:
    assert rolls.create(command(), title="Lake", theme="", visibility="public", roll_count=0) == rolls.create(
        command(), title="Lake", theme="", visibility="public", roll_count=0
    )


def test_facts_say_who_and_when() -> None:
    (event,) = follows.follow_user(command(), User(BOB), [], 0).events
    assert (event.actor_id, event.occurred_at) == (ADA, NOW)


class TestFollowing:
    def test_begins_with_the_facts_id(self) -> None:
        decision = follows.follow_user(command(), User(BOB), [], 0)
        assert decision.id == decision.event_id == decision.events[0].event_id

    def test_somebody_whom_one_follows_changes_nothing(self) -> None:
        decision = follows.follow_user(command(), User(BOB), [live("first"), live("second")], 1)
        assert (decision.events, decision.event_id) == ((), one("first"))

    def test_nobody_that_one_may_know_of(self) -> None:
        assert status(follows.follow_user, command(), None, [], 0) == 404
        assert status(follows.follow_roll, command(), None, []) == 404

    def test_oneself(self) -> None:
        assert status(follows.follow_user, command(), User(ADA), [], 0) == 403

    def test_more_people_than_one_can(self) -> None:
        assert status(follows.follow_user, command(), User(BOB), [], FOLLOWED_PEOPLE) == 409

    def test_no_longer_ends_every_beginning_by_its_id(self) -> None:
        events = follows.unfollow_user(command(), BOB, [live("first"), live("second")]).events
        ended = [event.follow_id for event in events if isinstance(event, UserUnfollowed)]
        assert ended == [one("first"), one("second")]
        assert len({event.event_id for event in events}) == 2

    def test_no_longer_whom_one_does_not_follow(self) -> None:
        assert status(follows.unfollow_user, command(), BOB, []) == 404
        assert status(follows.unfollow_roll, command(), ROLL.roll_id, []) == 404


class TestRolls:
    def test_the_maker_is_the_first_owner(self) -> None:
        created, joined = rolls.create(command(), title="Lake", theme="", visibility="private", roll_count=0).events
        assert isinstance(created, RollCreated)
        assert isinstance(joined, MemberJoined)
        assert (joined.roll_id, joined.member_id, joined.role) == (created.roll_id, ADA, "owner")

    def test_no_more_than_one_can_be_in(self) -> None:
        assert (
            status(rolls.create, command(), title="Lake", theme="", visibility="public", roll_count=ROLLS_A_PERSON)
            == 409
        )
        assert status(members.join, command(BOB), ROLL, memberships=[], roll_count=ROLLS_A_PERSON) == 409

    def test_a_change_lists_what_it_sets_and_belongs_to_the_creator(self) -> None:
        (event,) = rolls.change(command(BOB), ROLL, "owner", {"title": "Sea", "cover_id": None}).events
        assert isinstance(event, RollChanged)
        assert (event.creator_id, event.actor_id) == (ADA, BOB)
        assert (event.changed, event.title, event.cover_id) == (("cover_id", "title"), "Sea", None)

    @pytest.mark.parametrize(
        ("roll", "role", "expected"), [(None, None, 404), (ROLL, None, 403), (ROLL, "member", 403)]
    )
    def test_only_owners_change_and_delete(self, roll: Roll | None, role: str | None, expected: int) -> None:
        assert status(rolls.change, command(BOB), roll, role, {"title": "Sea"}) == expected
        assert status(rolls.delete, command(BOB), roll, role) == expected


def giving(**more: Any) -> dict[str, Any]:
    """What is known when an owner gives Bob, who is a mere member, the role of an owner; there is another owner."""
    facts: dict[str, Any] = {
        "own_role": "owner",
        "member_id": BOB,
        "memberships": [live("first")],
        "role": "owner",
        "another_owner": True,
    }
    return facts | more


class TestMembers:
    def test_anybody_joins_a_public_roll(self) -> None:
        (event,) = members.join(command(BOB), ROLL, memberships=[], roll_count=3).events
        assert isinstance(event, MemberJoined)
        assert (event.member_id, event.role) == (BOB, "member")

    def test_joining_again_changes_nothing(self) -> None:
        assert members.join(command(BOB), ROLL, memberships=[live("first")], roll_count=3).events == ()

    def test_a_private_roll_is_joined_by_invitation(self) -> None:
        assert status(members.join, command(BOB), None, memberships=[], roll_count=0) == 404
        assert status(members.join, command(BOB), HIDDEN, memberships=[], roll_count=0) == 403
        assert members.join(command(BOB), HIDDEN, memberships=[], roll_count=0, invited=True).events

    def test_an_owner_gives_a_role_to_every_membership_that_has_another(self) -> None:
        memberships = [live("first", "member"), live("second", "owner")]
        events = members.set_role(command(), ROLL, **giving(memberships=memberships, another_owner=False)).events
        assert [e.membership_id for e in events if isinstance(e, MemberRoleChanged)] == [one("first")]

    def test_a_role_that_one_has_changes_nothing(self) -> None:
        assert members.set_role(command(), ROLL, **giving(memberships=[live("first", "owner")])).events == ()

    def test_others_give_no_roles(self) -> None:
        assert status(members.set_role, command(BOB), ROLL, **giving(own_role="member")) == 403

    def test_who_is_no_member_gets_no_role_and_is_not_removed(self) -> None:
        assert status(members.set_role, command(), ROLL, **giving(memberships=[])) == 404
        assert status(members.remove, command(), ROLL, "owner", BOB, []) == 404

    def test_the_last_owner_stays_one(self) -> None:
        own = [live("first", "owner")]
        assert status(members.leave, command(), ROLL.roll_id, own, another_owner=False) == 409
        demoting = giving(member_id=ADA, memberships=own, role="member", another_owner=False)
        assert status(members.set_role, command(), ROLL, **demoting) == 409

    def test_leaving_ends_every_membership(self) -> None:
        events = members.leave(command(BOB), ROLL.roll_id, [live("first"), live("second")], False).events
        assert [e.membership_id for e in events if isinstance(e, MemberLeft)] == [one("first"), one("second")]

    def test_only_owners_remove(self) -> None:
        assert status(members.remove, command(BOB), ROLL, "member", CAT, [live("first")]) == 403
        (event,) = members.remove(command(), ROLL, "owner", CAT, [live("first")]).events
        assert isinstance(event, MemberRemoved)
        assert (event.actor_id, event.member_id) == (ADA, CAT)


def taking(**more: Any) -> photos.Registration:
    values: dict[str, Any] = {
        "object_key": "uploads/a/b",
        "etag": "e",
        "zone": "Europe/Berlin",
        "taken_at": None,
        "on_profile": True,
        "rolls": [],
        "delay": None,
    }
    return photos.Registration(**(values | more))


def destination(role: str | None = "member", visible: bool = True) -> photos.Destination:
    return photos.Destination(roll_id=ROLL.roll_id, visible=visible, role=role)


class TestPhotos:
    def test_a_photo_is_taken_and_placed_in_order(self) -> None:
        taken, placed = photos.take(command(), taking(rolls=[destination()])).events
        assert isinstance(taken, PhotoTaken)
        assert isinstance(placed, PhotoAddedToRoll)
        assert taken.develops_at == placed.develops_at
        assert taken.develops_at.isoformat() == "2026-06-20T07:00:00+00:00"
        assert (placed.photo_id, placed.taken_at) == (taken.photo_id, taken.taken_at)

    @pytest.mark.parametrize(
        ("ago", "taken"),
        [
            (timedelta(minutes=5), timedelta(minutes=5)),
            (timedelta(days=-1), timedelta(0)),
            (timedelta(days=31), timedelta(days=30)),
        ],
    )
    def test_the_phone_is_believed_for_thirty_days(self, ago: timedelta, taken: timedelta) -> None:
        (event, *_) = photos.take(command(), taking(taken_at=NOW - ago)).events
        assert isinstance(event, PhotoTaken)
        assert event.taken_at == NOW - taken

    def test_the_phones_time_is_kept_in_milliseconds(self) -> None:
        given = (NOW - timedelta(hours=1)).astimezone(UTC).replace(microsecond=123_999)
        assert photos.clamped(given, now=NOW).microsecond == 123_000

    def test_only_members_fill_a_roll(self) -> None:
        assert status(photos.take, command(), taking(rolls=[destination(role=None)])) == 403
        assert status(photos.take, command(), taking(rolls=[destination(visible=False)])) == 404
        assert status(photos.place, command(), PHOTO, destination(role=None), []) == 403

    def test_only_its_owner_deletes_and_places_a_photo(self) -> None:
        assert status(photos.delete, command(BOB), PHOTO) == 403
        assert status(photos.delete, command(), None) == 404
        assert status(photos.place, command(BOB), PHOTO, destination(), []) == 403

    def test_a_photo_in_the_roll_already(self) -> None:
        assert photos.place(command(), PHOTO, destination(), [placed("first")]).event_id == one("first")

    def test_a_photo_in_as_many_rolls_as_it_can_be(self) -> None:
        full = [Placement(PHOTO.photo_id, one(f"roll {n}"), one(f"{n}")) for n in range(ROLLS_A_PHOTO)]
        assert status(photos.place, command(), PHOTO, destination(), full) == 409

    def test_a_rejected_photo_goes_nowhere(self) -> None:
        rejected = Photo(one("photo"), owner_id=ADA, taken_at=NOW, develops_at=NOW, rejected_reason="not an image")
        assert status(photos.place, command(), rejected, destination(), []) == 409

    def test_a_rolls_owner_takes_a_photo_out_of_every_placement(self) -> None:
        events = photos.unplace(command(BOB), PHOTO, destination("owner"), [placed("first"), placed("second")]).events
        assert [e.placement_id for e in events if isinstance(e, PhotoRemovedFromRoll)] == [one("first"), one("second")]
        assert {getattr(e, "owner_id", None) for e in events} == {ADA}

    def test_a_mere_member_takes_no_photo_of_others_out(self) -> None:
        assert status(photos.unplace, command(BOB), PHOTO, destination("member"), [placed("first")]) == 403
        assert status(photos.unplace, command(BOB), PHOTO, destination("owner"), []) == 404

    def test_its_owner_takes_it_out_of_a_roll_that_they_left(self) -> None:
        assert photos.unplace(command(), PHOTO, destination(None, visible=False), [placed("first")]).events


class TestReactions:
    def test_an_undeveloped_photo_is_not_reacted_to(self) -> None:
        assert status(reactions.like, command(), DEVELOPING, []) == 409
        assert status(reactions.comment, command(), DEVELOPING, "Nice") == 409
        assert status(reactions.like, command(BOB), None, []) == 404

    def test_a_like_is_taken_back_also_when_the_photo_is_hidden(self) -> None:
        assert len(reactions.unlike(command(BOB), PHOTO.photo_id, [live("first"), live("second")]).events) == 2
        assert status(reactions.unlike, command(BOB), PHOTO.photo_id, []) == 404


def wanted(handle: str, hmac: str, claimed_by: UUID | None = None) -> accounts.WantedHandle:
    return accounts.WantedHandle(handle=handle, hmac=hmac, claimed_by=claimed_by)


class TestAccounts:
    def test_a_handle_and_the_profile_are_two_facts(self) -> None:
        decision = accounts.change(command(), {"bio": None}, own_hmac="old", wanted=wanted("ada.l", "new"))
        handle, profile = decision.events
        assert isinstance(handle, HandleChanged)
        assert (handle.handle_hmac, handle.old_handle_hmac) == ("new", "old")
        assert isinstance(profile, ProfileChanged)
        assert (profile.changed, profile.bio) == (("bio",), None)
        assert (decision.claim, decision.release) == (
            Claim(kind="handle", value="new"),
            Claim(kind="handle", value="old"),
        )

    def test_the_handle_that_one_has(self) -> None:
        decision = accounts.change(command(), {}, own_hmac="own", wanted=wanted("ada", "own", one("claiming")))
        assert (decision.events, decision.event_id, decision.id) == ((), one("claiming"), ADA)

    def test_a_handle_taken_back_is_not_given_up(self) -> None:
        assert accounts.change(command(), {}, own_hmac="own", wanted=wanted("ada", "own")).release is None
