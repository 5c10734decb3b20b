"""Which records a handler does, and where it begins: copies count as nothing, `progress` may outlive the rows, and the
log may be another one than it was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from events.generated import PhotoTaken
from processors.handlers.batch import Batch
from processors.handlers.checkpoint import SYNCED_SECONDS
from processors.handlers.dead_letter import DeadLetterQueue
from processors.handlers.handler import BatchHandler
from processors.handlers.reader import Read
from processors.log.records import OutsideTheLog
from processors.transport.lease import Lease, LeaseLost
from projections.progress import PROGRESS, Progress, kept_offsets, progress_rows, read_progress
from projections.store.memory import MemoryStore
from tests.kit import MemoryLog, projected_in
from tests.processors.world import PARTITION_OF_OWNER as HERE
from tests.processors.world import Meanwhile, Reacting, World, nothing, taken

pytestmark = pytest.mark.anyio

NAME = ("one", 1)
WINDOW = 600_000


class Doing(BatchHandler):
    """Notes the offsets that it is given, and where its `progress` then is."""

    def __init__(self, store: MemoryStore, log: MemoryLog, now: Any = lambda: 1000.0):
        async def keep(_: Any) -> None: ...

        super().__init__("one", ["one"], store, DeadLetterQueue(keep), log, WINDOW, now)
        self.done: list[int] = []

    async def process(self, where: Any, records: Any, wanted: Any, end: int, lease: Any) -> None:
        """See BatchHandler."""
        self.done += [record.offset for record in records]


async def log_of(*numbers: int, at_ms: int = 0) -> MemoryLog:
    """A log in which these photos were taken, one a second."""
    log = MemoryLog()
    log.at_ms = at_ms
    for number in numbers:
        await log.append(taken(number))
        log.at_ms += 1000
    return log


async def run(handler: BatchHandler, log: MemoryLog, size: int = 2, end: int | None = None) -> int:
    """Hands over what the log has from where the handler begins: where that is."""
    begin = await handler.start(HERE)
    records = log.partitions[HERE][begin:end]
    for i in range(0, len(records), size):
        await handler.handle(Batch(*HERE, 1, records[i : i + size]), Lease.of())
    return begin


async def row(store: MemoryStore) -> Progress:
    return (await read_progress(store, *HERE))[NAME]


async def test_a_copy_counts_as_nothing_and_progress_passes_it() -> None:
    """Seen to fail with the copies left among the records."""
    log, store = await log_of(1, 2, 1, 3, 2, 2), MemoryStore()
    handler = Doing(store, log)
    await run(handler, log)
    assert handler.done == [0, 1, 3]
    assert (await row(store)).offset == 6


async def done_long_ago(store: MemoryStore, log: MemoryLog, number: int) -> None:
    """Another owner has done the first records, one a minute."""
    seconds = [0.0]
    owner = Doing(store, log, lambda: seconds[0])
    await owner.start(HERE)
    for offset in range(number):
        await owner.handle(Batch(*HERE, 1, log.partitions[HERE][offset : offset + 1]), Lease.of())
        seconds[0] += SYNCED_SECONDS + 1


async def test_a_copy_of_what_the_last_owner_did_counts_as_nothing() -> None:
    """Seen to fail with the next owner beginning at `progress`, or at what is synced."""
    log, store = await log_of(1, 2, 3, 1, 2, 4), MemoryStore()
    await done_long_ago(store, log, 3)
    next_owner = Doing(store, log)
    assert await run(next_owner, log) == 0
    assert next_owner.done == [5]


async def test_one_looks_back_no_further_than_the_window_and_its_leeway() -> None:
    log, store = await log_of(1, at_ms=0), MemoryStore()
    log.at_ms = 3 * WINDOW
    await log.append(*map(taken, (2, 3, 1, 4)))
    await done_long_ago(store, log, 3)
    next_owner = Doing(store, log)
    assert await run(next_owner, log) == 1
    assert next_owner.done == [3, 4]  # a copy that comes too late counts


async def test_append_times_that_go_back_have_the_log_read_once_more() -> None:
    """Seen to fail with all that lies before the stretch taken for known: the copy counts."""
    log, store = await log_of(1, at_ms=0), MemoryStore()
    log.at_ms = 3 * WINDOW
    await log.append(taken(2), taken(4))
    log.at_ms = WINDOW // 2
    await log.append(taken(1), taken(3))
    await done_long_ago(store, log, 3)
    next_owner = Doing(store, log)
    assert await run(next_owner, log) == 1
    assert next_owner.done == [4]


async def test_a_handler_begins_below_progress_if_a_node_has_started_since() -> None:
    """Rows and `progress` may have lost different moments. Seen to fail with `offset` believed."""
    log, store, seconds = await log_of(*range(8)), MemoryStore(), [0.0]
    handler = Doing(store, log, lambda: seconds[0])
    begin = await handler.start(HERE)
    for end in (2, 4, 6):
        await handler.handle(Batch(*HERE, 1, log.partitions[HERE][begin:end]), Lease.of())
        begin, seconds[0] = end, seconds[0] + SYNCED_SECONDS / 2 + 1
    assert await row(store) == replace(await row(store), offset=6, synced=2, nodes="a:1")

    same_nodes = Doing(store, log)
    await run(same_nodes, log, end=6)
    assert same_nodes.done == []
    store.restart()
    after_a_start = Doing(store, log)
    await run(after_a_start, log, end=6)
    assert after_a_start.done == [2, 3, 4, 5]
    assert (await row(store)).nodes == "a:2"
    assert await kept_offsets(store, *HERE) == {NAME: 6}


async def test_an_idle_partition_says_at_once_that_it_is_kept() -> None:
    """Seen to fail without that write: whoever waits for the partition would wait for its next event."""
    log, store = await log_of(1, 2), MemoryStore()
    await store.write(progress_rows(*HERE, [NAME], offset=2, nodes="a:1"))
    store.restart()
    handler = Doing(store, log)
    await run(handler, log)
    assert handler.done == []
    assert await row(store) == replace(await row(store), offset=2, synced=2, nodes="a:2", epoch=1)


async def test_a_handler_that_lives_on_does_again_what_a_node_may_have_lost() -> None:
    log, store = await log_of(1, 2, 3), MemoryStore()
    handler = Doing(store, log)
    await run(handler, log, end=2)
    store.restart()
    await handler.heal(HERE, Meanwhile())
    assert handler.done == [0, 1, 0, 1]
    assert await row(store) == replace(await row(store), offset=2, synced=0, nodes="a:2", epoch=1)
    await handler.heal(HERE, Meanwhile())
    assert handler.done == [0, 1, 0, 1]


async def test_a_cut_forgets_nothing_whether_or_not_it_is_over() -> None:
    """Seen to fail with every outage healed."""
    log, store = await log_of(1, 2), MemoryStore()
    handler = Doing(store, log)
    await run(handler, log)
    for away in ("a", ""):
        store.cut(away)
        await handler.heal(HERE, Meanwhile())
        assert handler.done == [0, 1]


async def test_copies_are_none_when_something_is_done_again_either() -> None:
    log, store = await log_of(1, 2, 1, 3), MemoryStore()
    handler = Doing(store, log)
    await run(handler, log)
    store.restart()
    await handler.heal(HERE, Meanwhile())
    assert handler.done == [0, 1, 3, 0, 1, 3]


async def test_a_log_that_was_cut_and_grew_again_is_refused() -> None:
    """Seen to fail without the fingerprint: the records in place of the lost ones are passed by."""
    log, store = await log_of(1, 2, 3), MemoryStore()
    await run(Doing(store, log), log)
    another = await log_of(1, 4, 5, 6)
    with pytest.raises(OutsideTheLog, match=r"photos-\d@2 isn't the record that was folded there"):
        await Doing(store, another).start(HERE)
    longer = await log_of(1, 2, 3, 7)
    assert await run(handler := Doing(store, longer), longer) == 0
    assert handler.done == [3]


async def test_a_log_that_ends_before_progress_is_refused() -> None:
    log, store = await log_of(1, 2, 3), MemoryStore()
    await run(Doing(store, log), log)
    with pytest.raises(OutsideTheLog):
        await Doing(store, await log_of(1, 2)).start(HERE)


async def test_a_row_of_an_older_version_is_believed() -> None:
    log, store = await log_of(1, 2, 3), MemoryStore()
    topic, partition = HERE
    key = {"topic": topic, "partition": partition, "projection": "one", "generation": 1}
    (whole,) = progress_rows(*HERE, [NAME], offset=2)
    await store.write([replace(whole, upsert=PROGRESS.upsert(**key, offset=2))])
    await run(handler := Doing(store, log), log)
    assert handler.done == [2]


async def test_progress_is_not_written_over_what_the_database_forgot() -> None:
    """Seen to fail without the comparison before it is written: after a crash nobody would look there again."""
    log, store = await log_of(1, 2), MemoryStore()
    handler = Doing(store, log)

    async def forget_then_crash(*_: Any) -> None:
        if handler.done:
            raise LeaseLost
        handler.done.append(0)
        store.restart()

    handler.process = forget_then_crash  # type: ignore[method-assign]
    with pytest.raises(LeaseLost):
        await run(handler, log)
    assert await read_progress(store, *HERE) == {}


async def test_whoever_reads_a_view_waits_until_it_is_kept_for_sure() -> None:
    """Seen to fail with `offset` waited for: it reads what the database has forgotten, and acts on that."""
    store = MemoryStore()
    await store.write(progress_rows(*HERE, [NAME], offset=5, synced=2, nodes=str(await store.nodes())))
    await projected_in(store).until(["one"], [(HERE.topic, HERE.partition, 5)], Meanwhile())
    store.restart()
    await projected_in(store).until(["one"], [(HERE.topic, HERE.partition, 2)], Meanwhile())

    async def heals() -> None:
        await store.write(progress_rows(*HERE, [NAME], offset=5, synced=2, nodes=str(await store.nodes()), epoch=1))

    waiting = Meanwhile(nothing, heals)
    await projected_in(store).until(["one"], [(HERE.topic, HERE.partition, 5)], waiting)
    assert waiting.left == []


async def test_a_reactor_looks_again_if_the_database_broke_between_its_look_and_its_progress() -> None:
    """Seen to fail with both comparisons taken out: it had looked at what was then lost."""
    world = World()
    await world.happen(taken(1, timedelta(days=1)))
    looks: list[bool] = []

    async def look(batch: Batch, reads: list[Read], lease: Lease) -> None:
        looks.append(bool(reads))
        if len(looks) == 1:
            world.store.restart()

    handler = world.handler(Reacting("looking", [PhotoTaken], look))
    await world.feed(handler, "photos")
    assert len(looks) == 2
    assert (await read_progress(world.store, *HERE))["looking", 1].nodes == "a:2"
