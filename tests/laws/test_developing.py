"""The law of developing: whatever happens, in whichever order, a filtered photo develops, and none before its time.

Photos are taken, filtered and ended while views lag, workers die and others go on from what they kept; one that had
stalled looks and keeps its low water beside its successor; the clock goes on. In the end every photo that was filtered
and didn't end has developed, none without having been filtered, and none was developed before its time.

Seen to fail with low waters stamped by the number of their writes, with events acted on before the view has folded
them, and without PhotoFiltered among them.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.generated import Event, PhotoDeveloped
from events.positions import Position
from processors.develop import Develop
from tests.processors.world import (
    PARTITION_OF_OWNER,
    Meanwhile,
    World,
    deleted,
    filtered,
    rejected,
    taken,
)

pytestmark = pytest.mark.anyio
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

DUE = [timedelta(minutes=minutes) for minutes in (30, 30, 30, 60, 90)]  # each photo's
END = timedelta(days=1)

# What may happen to a photo, whose number is drawn beside it; what a worker does; that time passes.
steps = st.lists(
    st.tuples(
        st.sampled_from(["photo"] * 5 + ["fold", "react", "react", "look", "look", "crash", "stalled", "time", "time"]),
        st.integers(0, len(DUE) - 1),
    ),
    max_size=40,
)
fates = st.lists(st.sampled_from(["filtered", "filtered", "deleted", "rejected", "taken"]), min_size=5, max_size=5)


class Watched(World):
    """A world in which nothing is developed before its time."""

    async def publish_all(self, events: Sequence[Event], traceparent: str = "") -> list[Position]:
        """See Publishes."""
        assert all(isinstance(event, PhotoDeveloped) and event.develops_at <= self.now for event in events)
        return await super().publish_all(events, traceparent)


def life_of(number: int, fate: str) -> list[Event]:
    """What happens to a photo, in order."""
    begun: list[Event] = [taken(number, DUE[number])]
    match fate:
        case "filtered":
            return [*begun, filtered(number, DUE[number])]
        case "deleted":
            return [*begun, filtered(number, DUE[number]), deleted(number, DUE[number])]
        case "rejected":
            return [*begun, rejected(number, DUE[number])]
        case _:
            return begun


async def react(world: World, develop: Develop) -> None:
    """Hands it what is new; the view catches up while it waits."""
    await world.feed(world.handler(develop), "photos", lease=Meanwhile(world.catch_up))


async def live(world: World, lives: Sequence[list[Event]], happens: Sequence[tuple[str, int]]) -> Develop:
    """Has all this happen; the worker that is left."""
    owner, stalled, left = world.develop(), world.develop(), [list(life) for life in lives]
    for what, number in happens:
        match what:
            case "photo" if left[number]:
                await world.log.append(left[number].pop(0))
            case "fold":
                await world.catch_up()
            case "react":
                await react(world, owner)
            case "look":
                await owner.tick(PARTITION_OF_OWNER, Meanwhile())
            case "crash":
                owner, stalled = world.develop(), owner
            case "stalled":
                await stalled.tick(PARTITION_OF_OWNER, Meanwhile())
            case "time":
                world.now += timedelta(minutes=15)
            case _:
                pass
    await world.log.append(*(event for life in left for event in life))
    return owner


@often
@given(fates=fates, happens=steps)
async def test_each_photo_develops_if_it_is_filtered_and_not_before_its_time(
    fates: list[str], happens: list[tuple[str, int]]
) -> None:
    world = Watched()
    owner = await live(world, [life_of(number, fate) for number, fate in enumerate(fates)], happens)
    world.now += END
    for develop in (owner, world.develop()):
        await react(world, develop)
        await develop.tick(PARTITION_OF_OWNER, Meanwhile())
        await world.catch_up()
    found = Counter(event.photo_id for event in world.published if isinstance(event, PhotoDeveloped))
    assert of(fates, "filtered") <= found.keys() <= of(fates, "filtered", "deleted")


def of(fates: Sequence[str], *wanted: str) -> set[UUID]:
    """The ids of the photos with these fates."""
    return {taken(number).photo_id for number, fate in enumerate(fates) if fate in wanted}
