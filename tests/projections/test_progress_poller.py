"""However many wait on progress, and for however many partitions, it is looked at once in an interval."""

import asyncio

from projections.progress import progress_rows
from projections.progress_poller import POLL_SECONDS, ProgressPoller
from projections.store.memory import MemoryStore
from tests.projections.counting import CountingStore
from tests.travelling import clock, travel


def test_a_look_at_all_partitions_of_a_topic_is_one_request_for_all_who_wait() -> None:
    """Seen to fail with `slice` in the poller: a request for each partition."""

    async def scenario() -> None:
        store = CountingStore(MemoryStore())
        poller = ProgressPoller(store)
        places = [("rolls", partition) for partition in range(64)]
        await asyncio.gather(*(poller.look(places) for _ in range(64)))
        assert (store.requests, store.partitions) == (1, 64)
        await asyncio.gather(poller.look(places), poller.look([("photos", 1)]))
        assert store.partitions == 2 * 64 + 1

    travel(scenario())


def test_many_who_wait_for_a_second_cost_fifty_looks() -> None:
    async def scenario() -> None:
        store = CountingStore(MemoryStore())
        poller = ProgressPoller(store)

        async def wait(partition: int) -> None:
            while clock() < 1.0:
                await poller.look([("photos", partition)])

        await asyncio.gather(*(wait(partition) for partition in range(64)))
        assert store.requests <= 1.0 / POLL_SECONDS + 2

    travel(scenario())


def test_a_look_finds_what_every_projection_says_of_a_partition() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        await store.write(progress_rows("rolls", 3, [("roll", 1), ("roll", 2)], offset=7))
        found = await ProgressPoller(store).look([("rolls", 3), ("rolls", 4)])
        assert {name: row.offset for name, row in found["rolls", 3].items()} == {("roll", 1): 7, ("roll", 2): 7}
        assert found["rolls", 4] == {}

    travel(scenario())
