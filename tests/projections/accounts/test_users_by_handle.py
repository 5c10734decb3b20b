"""Given who took which handle, a handle leads to the person who holds it now."""

from uuid import UUID

import pytest

from events.settings import Settings
from projections.accounts.users_by_handle import USERS_BY_HANDLE, HandleHolder, handle_hmac, user_with_handle
from tests import given
from tests.given import ADA, BO
from tests.projections.rows import rows, stored

pytestmark = pytest.mark.anyio

OURS = Settings.model_validate({"handle_secret": "h" * 40})
REGISTERED = given.user_registered()
BO_TAKES_ADAS = given.handle_changed(user_id=BO, handle="ada", handle_hmac="hmac of ada", old_handle_hmac="hmac of bo")
BO_REGISTERED = given.user_registered(user_id=BO, handle="bo", handle_hmac="hmac of bo")


def test_a_registration_takes_a_handle() -> None:
    assert rows(USERS_BY_HANDLE, REGISTERED) == {HandleHolder("hmac of ada", ADA, True)}


def test_a_change_takes_the_new_handle_and_gives_up_the_old_one() -> None:
    assert rows(USERS_BY_HANDLE, REGISTERED, given.handle_changed()) == {
        HandleHolder("hmac of ada", ADA, False),
        HandleHolder("hmac of ada.l", ADA, True),
    }


def test_a_change_to_the_same_handle_keeps_it() -> None:
    same = given.handle_changed(handle="Ada", handle_hmac="hmac of ada")
    assert rows(USERS_BY_HANDLE, REGISTERED, same) == {HandleHolder("hmac of ada", ADA, True)}


async def test_a_handle_leads_to_its_holder_and_one_given_up_to_nobody() -> None:
    store = await stored(REGISTERED, given.handle_changed())
    found = await user_with_handle(store, "hmac of ada.l")
    assert found is not None
    assert found.user_id == ADA
    assert await user_with_handle(store, "hmac of ada") is None
    assert await user_with_handle(store, "hmac of bo") is None


@pytest.mark.parametrize("later", [(), (given.user_deactivated(user_id=BO),)])
async def test_a_handle_given_up_leads_to_who_took_it_since(later: tuple[given.Event, ...]) -> None:
    store = await stored(REGISTERED, given.handle_changed(), BO_REGISTERED, BO_TAKES_ADAS, *later)
    found = await user_with_handle(store, "hmac of ada")
    assert found is not None
    assert found.user_id == BO


@pytest.mark.parametrize(("stale", "holder"), [(BO, ADA), (ADA, BO)])
async def test_of_two_who_are_said_to_hold_a_handle_the_one_whose_own_row_says_so_holds_it(
    stale: UUID, holder: UUID
) -> None:
    """Their facts are in two partitions: the taking may be folded before the giving up."""
    had = given.user_registered(user_id=stale)
    moved = given.handle_changed(user_id=stale, handle_hmac="another hmac", old_handle_hmac="not this one")
    store = await stored(had, moved, given.user_registered(user_id=holder))
    for mine, taken in (("hmac of ada", holder), ("another hmac", stale)):
        found = await user_with_handle(store, mine)
        assert found is not None
        assert found.user_id == taken


def test_a_handle_is_looked_up_in_lower_case_by_a_hash_that_takes_the_secret() -> None:
    known = "abbb0cafcf19a0628df5d97272b7b0b78130f2872afbeb2d18000e55fac5e8d2"
    assert handle_hmac(OURS, "ada") == handle_hmac(OURS, "ADA") == known
    assert known != handle_hmac(OURS, "bo")
    assert known != handle_hmac(OURS.model_copy(update={"handle_secret": "i" * 40}), "ada")
    with pytest.raises(RuntimeError, match="DARKROOM_HANDLE_SECRET is empty"):
        handle_hmac(OURS.model_copy(update={"handle_secret": ""}), "ada")
