"""What the filter does beside filtering: what ended loses its objects."""

import asyncio
from typing import Any

from events.generated import PhotoTaken
from processors.filter import WANTED, Filterer
from tests.kit import run
from tests.processors.world import World, deleted, taken


class Bucket:
    """Notes what is removed."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    async def remove(self, key: str) -> None:
        self.removed.append(key)


def test_an_end_waits_for_the_read_model_that_knows_the_objects() -> None:
    """Seen to fail without the wait: the read model is late, and the upload stays in the bucket."""

    async def scenario() -> None:
        world, bucket, nothing = World(), Bucket(), Any
        filterer = Filterer(world.store, bucket, nothing, nothing, workers=1)  # type: ignore[arg-type]
        wanted = [kind for kind in WANTED if kind is not PhotoTaken]
        await world.log.append(taken(1), deleted(1))  # not folded yet
        fed = asyncio.ensure_future(world.feed(world.processor("filter", wanted, filterer.act), "photos"))
        await asyncio.sleep(0.05)  # it has had the time to go on without
        await world.views.fold_all(world.log)
        await fed
        assert "uploads/1" in bucket.removed

    run(scenario())
