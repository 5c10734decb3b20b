"""What the filter does beside filtering: an ended photo loses its objects."""

import asyncio

from events.generated import PhotoTaken
from processors.filter import Filter
from tests.kit import run
from tests.processors.objects import MemoryObjects
from tests.processors.world import World, deleted, taken


class EndsOnly(Filter):
    wants = tuple(kind for kind in Filter.wants if kind is not PhotoTaken)


def test_an_end_waits_for_the_read_model_that_knows_the_objects() -> None:
    """Seen to fail without the wait: the read model is late, and the upload stays in the bucket."""

    async def scenario() -> None:
        world, bucket = World(), MemoryObjects({"uploads/1": b"a photo"})
        await world.log.append(taken(1), deleted(1))  # not folded yet
        handler = world.handler(EndsOnly(world.tools(bucket)))
        fed = asyncio.ensure_future(world.feed(handler, "photos"))
        await asyncio.sleep(0.05)  # it has had the time to go on without
        await world.views.fold_all(world.log)
        await fed
        assert bucket.objects == {}

    run(scenario())
