"""Given what a person said of themselves, their row in `users` says just that."""

from projections.accounts.users import USERS, User
from tests import given
from tests.given import ADA, BO, DUSK, NOON, minutes
from tests.projections.rows import rows

REGISTERED = given.user_registered()
NIL = given.UUID(int=0)


def ada(**changes: object) -> User:
    """Ada's row, but for these columns."""
    columns = {"handle": "ada", "handle_hmac": "hmac of ada", "display_name": "Ada", "zone": "Europe/Oslo"}
    return User(ADA, **columns | {"registered_at": NOON, "active": True} | changes)  # type: ignore[arg-type]


def test_a_person_who_registered_is_active_and_has_no_bio_and_no_portrait() -> None:
    assert rows(USERS, REGISTERED) == {
        User(
            user_id=ADA,
            handle="ada",
            handle_hmac="hmac of ada",
            display_name="Ada",
            bio=None,
            avatar_id=None,
            zone="Europe/Oslo",
            registered_at=NOON,
            active=True,
        )
    }


def test_a_profile_change_sets_the_fields_that_it_lists_and_no_others() -> None:
    first = given.profile_changed(bio="Film only", avatar_id=DUSK)
    second = given.profile_changed(display_name="Ada L.", zone="Pacific/Apia", occurred_at=minutes(1))
    assert rows(USERS, REGISTERED, first) == {ada(bio="Film only", avatar_id=DUSK)}
    assert rows(USERS, REGISTERED, first, second) == {
        ada(bio="Film only", avatar_id=DUSK, display_name="Ada L.", zone="Pacific/Apia")
    }


def test_a_field_that_is_not_listed_is_not_set_even_if_it_has_a_value() -> None:
    unlisted = given.profile_changed(bio="Film only", zone="Pacific/Apia", changed=("bio",))
    assert rows(USERS, REGISTERED, unlisted) == {ada(bio="Film only")}


def test_a_field_that_is_listed_and_null_is_cleared() -> None:
    told = given.profile_changed(bio="Film only", avatar_id=DUSK)
    cleared = given.profile_changed(bio=None, avatar_id=None, display_name=None)
    assert rows(USERS, REGISTERED, told, cleared) == {ada(bio="", avatar_id=NIL, display_name="")}


def test_a_changed_handle_replaces_the_old_one() -> None:
    assert rows(USERS, REGISTERED, given.handle_changed()) == {ada(handle="ada.l", handle_hmac="hmac of ada.l")}


def test_who_deactivated_is_not_active_until_they_reactivate() -> None:
    assert rows(USERS, REGISTERED, given.user_deactivated()) == {ada(active=False)}
    assert rows(USERS, REGISTERED, given.user_deactivated(), given.user_reactivated()) == {ada(active=True)}


def test_what_one_person_does_changes_nobody_elses_row() -> None:
    bo = given.user_registered(user_id=BO, handle="bo", handle_hmac="hmac of bo", display_name="Bo")
    assert rows(USERS, REGISTERED, bo, given.user_deactivated(user_id=BO)) == {
        ada(),
        User(BO, "bo", "hmac of bo", "Bo", None, None, "Europe/Oslo", NOON, False),
    }


def test_a_change_before_its_registration_is_kept() -> None:
    assert rows(USERS, given.profile_changed(bio="Film only")) == {User(ADA, bio="Film only")}
