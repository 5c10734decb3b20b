"""Given where a photo was put, its partition holds each placement; the photo and its rolls are read in one request."""

from uuid import UUID

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from events.generated import Event
from events.ids import NIL
from projections.photos.photo import PAGE, PHOTO, KnownPhoto, Photo, Placement, known_photos, photo_of
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from tests import given
from tests.given import BO, DAWN, DEN, DUSK, LAKE, MORNING, named
from tests.projections.counting import CountingStore
from tests.projections.rows import rows, stored

pytestmark = pytest.mark.anyio

ADDED, REMOVED = given.photo_added_to_roll(), given.photo_removed_from_roll()
TO_DEN = given.photo_added_to_roll(roll_id=DEN)
AGAIN = given.photo_added_to_roll(occurred_at=MORNING)


def placed(placement: UUID, roll_id: UUID = LAKE, **columns: bool) -> Photo:
    """A placement's row."""
    return Photo(DUSK, roll_id, placement, **columns)  # type: ignore[arg-type]


def test_a_placement_begins_and_ends_whatever_comes_first() -> None:
    assert rows(PHOTO, ADDED) == {placed(ADDED.event_id, placed=True)}
    assert rows(PHOTO, REMOVED) == {placed(ADDED.event_id, unplaced=True)}
    ended = {placed(ADDED.event_id, placed=True, unplaced=True)}
    assert rows(PHOTO, ADDED, REMOVED) == rows(PHOTO, REMOVED, ADDED) == ended


def test_each_roll_and_each_placement_in_it_has_a_row() -> None:
    assert rows(PHOTO, ADDED, TO_DEN, AGAIN, REMOVED) == {
        placed(ADDED.event_id, placed=True, unplaced=True),
        placed(AGAIN.event_id, placed=True),
        placed(TO_DEN.event_id, DEN, placed=True),
    }


async def test_the_placements_that_hold_are_those_that_began_and_have_not_ended() -> None:
    only_its_end = given.photo_removed_from_roll(roll_id=named("another roll"))
    store = await stored(given.photo_taken(), ADDED, TO_DEN, AGAIN, REMOVED, only_its_end)
    known = await known_photos(store, [DUSK, DAWN])
    assert sorted(known[DUSK].placements, key=str) == sorted(
        [Placement(DUSK, LAKE, AGAIN.event_id), Placement(DUSK, DEN, TO_DEN.event_id)], key=str
    )
    assert known[DAWN].placements == ()


async def test_a_photos_own_row_is_told_from_its_placements() -> None:
    store = await stored(ADDED, TO_DEN)
    assert await photo_of(store, DUSK) is None
    assert (await known_photos(store, [DUSK]))[DUSK].photo is None
    store = await stored(given.photo_taken(), ADDED)
    own = await photo_of(store, DUSK)
    assert own is not None
    assert (own.roll_id, own.placement_id, own.owner_id) == (NIL, NIL, given.photo_taken().owner_id)
    held = Placement(DUSK, LAKE, ADDED.event_id)
    assert await known_photos(store, [DUSK]) == {DUSK: KnownPhoto(own, (LAKE,), (held,), 1)}


@pytest.mark.parametrize("number", [PAGE - 2, PAGE - 1, PAGE, 2 * PAGE])
async def test_all_placements_are_found_whether_or_not_they_fill_a_read(number: int) -> None:
    store = MemoryStore()
    ids = [named(f"placement {n}") for n in range(number)]
    await store.write(
        [Stamped(PHOTO.upsert(photo_id=DUSK, roll_id=each, placement_id=each, placed=True), 1) for each in ids]
    )
    await store.write([Stamped(PHOTO.upsert(photo_id=DUSK, roll_id=NIL, placement_id=NIL, owner_id=BO), 1)])
    known = (await known_photos(store, [DUSK, DAWN]))[DUSK]
    assert sorted(row.placement_id for row in known.placements) == sorted(ids)
    assert (known.photo is not None, sorted(known.rolls)) == (True, sorted(ids))


PHOTOS, ROLLS = [named(f"photo {n}") for n in range(3)], [named(f"roll {n}") for n in range(3)]
steps = st.lists(st.tuples(st.sampled_from(["taken", "in", "out"]), st.sampled_from(PHOTOS), st.sampled_from(ROLLS)))


@settings(deadline=None)
@drawn(history=steps)
async def test_what_is_known_of_many_photos_is_what_happened_to_each_and_one_request(
    history: list[tuple[str, UUID, UUID]],
) -> None:
    taken: set[UUID] = set()
    inside: dict[tuple[UUID, UUID], set[UUID]] = {}
    events: list[Event] = []
    for number, (what, photo_id, roll_id) in enumerate(history):
        held = inside.setdefault((photo_id, roll_id), set())
        if what == "taken":
            taken.add(photo_id)
            events.append(given.photo_taken(photo_id=photo_id))
        elif what == "in":
            added = given.photo_added_to_roll(photo_id=photo_id, roll_id=roll_id, event_id=named(f"placement {number}"))
            held.add(added.event_id)
            events.append(added)
        elif held:
            placement_id = held.pop()
            gone = given.photo_removed_from_roll(photo_id=photo_id, roll_id=roll_id, placement_id=placement_id)
            events.append(gone)
    store = CountingStore(await stored(*events))
    known = await known_photos(store, [*PHOTOS, *PHOTOS])
    assert (store.requests, store.partitions) == (1, len(PHOTOS))
    assert list(known) == PHOTOS
    for photo_id, each in known.items():
        assert (each.photo is not None) == (photo_id in taken)
        assert sorted(each.rolls) == sorted(roll for roll in ROLLS if inside.get((photo_id, roll)))
