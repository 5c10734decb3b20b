"""A photo that is deleted leaves its rolls with it: what the position of the 202 covers, before `expand` has run."""

from datetime import timedelta

import pytest

from events.generated import PhotoAddedToRoll, PhotoDeleted, PhotoRemovedFromRoll
from events.ids import derived_id
from events.positions import parse_positions
from processors.expand import consequences, read_needs
from producers.decide.photos import delete, photo_removed
from producers.limits import REMOVALS_AT_ONCE
from projections.photos.photo import known_photos
from projections.photos.photos_in_roll import photos_in_roll
from projections.photos.roll_feed import roll_photo_candidates
from projections.tally.queries import counts_of
from tests.gateway.deciding import PHOTO as ROW
from tests.gateway.deciding import command
from tests.gateway.deciding import placed as placement
from tests.gateway.shown import PHOTO, placed, taken
from tests.gateway.world import ADA, PRIVATE, PUBLIC, again, one, world
from tests.given import CARD

pytestmark = pytest.mark.anyio

TWICE = again(placed(PHOTO, PUBLIC), "put in by another device")
THERE = (*taken(PHOTO), placed(PHOTO, PUBLIC), TWICE, placed(PHOTO, PRIVATE))


async def test_once_the_positions_of_a_deletion_are_projected_the_photo_is_in_no_roll() -> None:
    async with world(*THERE) as here:
        assert [(await counts_of(here.store, [roll]))[0][photos_in_roll.name] for roll in (PUBLIC, PRIVATE)] == [1, 1]
        answer = await here.ask(ADA, "DELETE", f"/v1/photos/{PHOTO}")
        assert answer.status_code == 202
        (position,) = parse_positions(answer.json()["position"])
        assert position.offset == len(here.appended.log.partitions[position.topic, position.partition]) - 1
        await here.fold()
        assert (await known_photos(here.store, [PHOTO]))[PHOTO].placements == ()
        for roll in (PUBLIC, PRIVATE):
            rows = await roll_photo_candidates(here.store, roll, here.now + timedelta(days=1))
            assert rows
            assert all(row.ended for row in rows)
        assert [(await counts_of(here.store, [roll]))[0][photos_in_roll.name] for roll in (PUBLIC, PRIVATE)] == [0, 0]


async def test_the_removals_are_those_that_expand_would_make() -> None:
    async with world(*THERE) as here:
        await here.ask(ADA, "DELETE", f"/v1/photos/{PHOTO}")
        log = await here.log()
        (deleted,) = [event for event in log if isinstance(event, PhotoDeleted)]
        expanded = consequences(deleted, await read_needs(here.store, [deleted]))  # the read models hold the placements
        assert expanded == [event for event in log if isinstance(event, PhotoRemovedFromRoll)]
        held = [placed(PHOTO, PUBLIC), TWICE, placed(PHOTO, PRIVATE)]
        ids = {derived_id(deleted.event_id, "PhotoRemovedFromRoll", event.event_id) for event in held}
        assert {event.event_id for event in expanded} == ids
        await here.fold()
        assert consequences(deleted, await read_needs(here.store, [deleted])) == []


async def test_once_the_position_is_projected_a_developed_photo_that_was_put_in_has_its_card_in_the_roll() -> None:
    """Without waiting for `expand`, which then makes the same fact."""
    async with world(*taken(PHOTO)) as here:
        answer = await here.ask(ADA, "PUT", f"/v1/photos/{PHOTO}/rolls/{PUBLIC}")
        (position,) = parse_positions(answer.json()["position"])
        assert position.offset == len(here.appended.log.partitions[position.topic, position.partition]) - 1
        await here.fold()
        (row,) = await roll_photo_candidates(here.store, PUBLIC, here.now + timedelta(days=1))
        assert row.card == CARD
        added, developed = (await here.log())[-2:]
        assert isinstance(added, PhotoAddedToRoll)
        assert consequences(added, await read_needs(here.store, [added])) == [developed]


async def test_once_the_position_is_projected_a_photo_that_was_taken_out_is_in_the_roll_no_more() -> None:
    async with world(*THERE) as here:
        answer = await here.ask(ADA, "DELETE", f"/v1/photos/{PHOTO}/rolls/{PUBLIC}")
        (position,) = parse_positions(answer.json()["position"])
        assert position.offset == len(here.appended.log.partitions[position.topic, position.partition]) - 1
        await here.fold()
        assert (await known_photos(here.store, [PHOTO]))[PHOTO].rolls == (PRIVATE,)


@pytest.mark.parametrize(("held", "removed"), [(0, 0), (1, 1), (100, 100), (101, 100)])
def test_so_many_are_removed_at_once_and_the_rest_by_expand(held: int, removed: int) -> None:
    rows = [placement(f"placement {n}", one(f"roll {n}")) for n in range(held)]
    deleted, *removals = delete(command(), ROW, rows).events
    assert isinstance(deleted, PhotoDeleted)
    expected = [photo_removed(deleted, row.roll_id, placement_id=row.placement_id) for row in rows]
    assert removals == expected[:removed]
    assert REMOVALS_AT_ONCE == 100


async def test_whose_portrait_it_is_changes_nothing() -> None:
    async with world(*THERE) as here:
        assert (await here.ask(ADA, "PATCH", "/v1/me", {"avatar": str(PHOTO)})).status_code == 202
        await here.fold()
        count = await here.count()
        await here.ask(ADA, "DELETE", f"/v1/photos/{PHOTO}")
        assert await here.count() == count + 4  # the deletion and three removals, and none of the profile
