"""What becomes of records that a reactor can't act on."""

from datetime import timedelta
from uuid import UUID

import pytest

from events.generated import PhotoTaken
from processors.handlers.batch import Batch
from processors.handlers.reader import Read
from processors.transport.lease import Lease
from tests.processors.world import Reacting, World, taken

pytestmark = pytest.mark.anyio

PHOTOS = [taken(number, timedelta(days=1)) for number in range(9)]
BAD = PHOTOS[4]


async def test_what_cant_be_acted_on_is_set_aside_and_the_rest_is_done() -> None:
    """Seen to fail with errors left to the transport: its batch is tried for ever, and its partition stands still."""
    world, done = World(), set[UUID]()

    async def act(_: Batch, reads: list[Read], __: Lease) -> None:
        for read in reads:
            if read.event.event_id == BAD.event_id:
                raise KeyError("no such zone")
        done.update(read.event.event_id for read in reads)

    await world.happen(*PHOTOS)
    await world.feed(world.handler(Reacting("filter", [PhotoTaken], act)), "photos")
    assert done == {photo.event_id for photo in PHOTOS} - {BAD.event_id}
    (letter,) = world.views.letters
    assert letter.projection == "filter"
    assert letter.reason.partition(" in ")[0] == "filter can't act on PhotoTaken: KeyError"


async def test_what_this_machine_lacks_is_no_fault_of_a_record() -> None:
    world = World()

    async def act(*_: object) -> None:
        raise ExceptionGroup("photos", [KeyError("no such zone"), MemoryError()])

    await world.happen(*PHOTOS)
    with pytest.raises(ExceptionGroup):
        await world.feed(world.handler(Reacting("filter", [PhotoTaken], act)), "photos")
    assert world.views.letters == []
