"""How far a reactor is, which records it acts on, and what it waits for."""

from datetime import timedelta

import pytest

from events.generated import Event, PhotoDeleted, PhotoTaken
from processors.handlers.batch import Batch
from processors.handlers.patient import transient
from processors.handlers.reactor import ReactorHandler, indigestible
from processors.handlers.reader import Read
from processors.transport.lease import Lease, LeaseLost
from producers.publisher import NotPublished
from projections.progress import next_offsets, progress_rows
from projections.store.memory import MemoryStore
from projections.store.protocol import StoreUnavailable, Unstorable
from tests.kit import projected_in
from tests.processors.world import PARTITION, PARTITION_OF_OWNER, Meanwhile, Reacting, World, deleted, nothing, taken

pytestmark = pytest.mark.anyio

PHOTOS = [taken(number, timedelta(days=1)) for number in range(4)]


class Acting:
    """Notes the offsets that it was given, batch by batch."""

    def __init__(self, *errors: BaseException) -> None:
        self.seen: list[list[int]] = []
        self.errors = list(errors)

    async def __call__(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        self.seen.append([read.offset for read in reads])
        if self.errors:
            raise self.errors.pop(0)


def batch_of(world: World, begin: int, end: int) -> Batch:
    return Batch("photos", PARTITION, 1, world.log.partitions["photos", PARTITION][begin:end])


def filter_of(world: World, acting: Acting, wants: type[Event] = PhotoTaken) -> ReactorHandler:
    return world.handler(Reacting("filter", [wants], acting))


async def progress(world: World) -> int | None:
    return (await next_offsets(world.store, "photos", PARTITION)).get(("filter", 1))


async def test_a_reactor_acts_on_what_it_wants_and_passes_the_rest() -> None:
    world, acting = World(), Acting()
    await world.log.append(PHOTOS[0], deleted(0), PHOTOS[1])
    handler = filter_of(world, acting)
    assert await handler.start(PARTITION_OF_OWNER) == 0
    await handler.handle(batch_of(world, 0, 3), Meanwhile())
    assert acting.seen == [[0, 2]]
    assert await progress(world) == 3


async def test_a_reactor_acts_on_a_record_once_and_goes_on_where_it_was() -> None:
    world, acting = World(), Acting()
    await world.log.append(*PHOTOS)
    handler = filter_of(world, acting)
    await handler.start(PARTITION_OF_OWNER)
    await handler.handle(batch_of(world, 0, 2), Meanwhile())
    await handler.handle(batch_of(world, 0, 2), Meanwhile())
    await handler.handle(batch_of(world, 1, 3), Meanwhile())
    next_owner = filter_of(world, acting)
    await next_owner.start(PARTITION_OF_OWNER)
    assert next_owner.next_offset(PARTITION_OF_OWNER) == 3
    await next_owner.handle(batch_of(world, 2, 4), Meanwhile())
    assert acting.seen == [[0, 1], [2], [3]]
    assert await progress(world) == 4


async def test_another_reactors_progress_is_not_taken_for_its_own() -> None:
    world = World()
    await world.happen(*PHOTOS)
    await world.store.write_together(progress_rows("photos", PARTITION, [("expand", 1)], offset=4))
    assert await filter_of(world, Acting()).start(PARTITION_OF_OWNER) == 0


@pytest.mark.parametrize("error", [LeaseLost(), OSError("no such program"), StoreUnavailable("down")])
async def test_a_batch_that_wasnt_acted_on_is_not_passed(error: Exception) -> None:
    world, acting = World(), Acting(error)
    await world.log.append(*PHOTOS)
    handler = filter_of(world, acting)
    await handler.start(PARTITION_OF_OWNER)
    with pytest.raises(type(error)):
        await handler.handle(batch_of(world, 0, 4), Meanwhile())
    assert (await progress(world), world.views.letters) == (None, [])
    await handler.handle(batch_of(world, 0, 4), Meanwhile())
    assert acting.seen == [[0, 1, 2, 3], [0, 1, 2, 3]]
    assert await progress(world) == 4


async def test_an_error_over_nothing_that_it_wants_is_no_records_fault() -> None:
    world = World()
    await world.log.append(*PHOTOS)
    handler = filter_of(world, Acting(ValueError("a bug")), PhotoDeleted)
    await handler.start(PARTITION_OF_OWNER)
    with pytest.raises(ValueError, match="a bug"):
        await handler.handle(batch_of(world, 0, 4), Meanwhile())
    assert (await progress(world), world.views.letters) == (None, [])


@pytest.mark.parametrize(
    ("error", "is_so"),
    [
        (ValueError(), True),
        (KeyError(), True),
        (IndexError(), True),
        (TypeError(), True),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "no"), True),
        (OSError(), False),
        (MemoryError(), False),
        (ArithmeticError(), False),
        (AssertionError(), False),
        (LeaseLost(), False),
        (StoreUnavailable(), False),
        (ExceptionGroup("all", [ValueError(), KeyError()]), True),
        (ExceptionGroup("some", [ValueError(), OSError()]), False),
        (ExceptionGroup("inside", [ValueError(), ExceptionGroup("", [OSError()])]), False),
    ],
    ids=repr,
)
def test_which_errors_are_a_records_fault(error: BaseException, is_so: bool) -> None:
    assert indigestible(error) is is_so


def test_which_errors_may_pass() -> None:
    assert all(map(transient, (StoreUnavailable(), NotPublished())))
    assert not any(map(transient, (Unstorable(), ValueError(), OSError(), LeaseLost())))


async def test_every_view_is_waited_for_in_every_partition_up_to_its_end() -> None:
    store = MemoryStore()

    def says(partition: int, name: str, offset: int, generation: int = 1):  # type: ignore[no-untyped-def]
        async def said() -> None:
            await store.write_together(progress_rows("rolls", partition, [(name, generation)], offset=offset))

        return said

    steps = [
        says(0, "roll", 5),
        says(0, "members", 4),
        says(1, "members", 9),
        says(0, "members", 7, generation=2),
        says(0, "members", 5),
        says(1, "roll", 2),
        says(1, "roll", 3),
    ]
    lease = Meanwhile(*steps)
    await projected_in(store).until(["roll", "members"], [("rolls", 0, 5), ("rolls", 1, 3), ("rolls", 2, 0)], lease)
    assert lease.left == []


async def test_progress_that_cant_be_read_is_read_again() -> None:
    class Down(MemoryStore):
        times = 2

        async def slice(self, *key: object, **bounds: object) -> list[object]:  # type: ignore[override]
            if self.times:
                self.times -= 1
                raise StoreUnavailable("down")
            return await super().slice(*key, **bounds)  # type: ignore[arg-type]

    await projected_in(Down()).until(["roll"], [("rolls", 0, 0)], Meanwhile(nothing, nothing))
