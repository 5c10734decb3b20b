"""Apps on a live broker: what a handler is given, what counts as done, and what a failing one does to the others."""

import asyncio
import statistics
import time
from typing import cast

import pytest
from faust.types import TP

from processors.handlers.batch import Batch, Partition
from processors.transport import partitions
from processors.transport.consumer import Consumer
from processors.transport.lease import Lease, LeaseLost
from tests.transport.live import Log, Seen, app_of, eventually, running

pytestmark = pytest.mark.anyio


async def test_each_partition_comes_in_order_and_is_committed_when_handled(log: Log) -> None:
    log.append(4000)
    seen = Seen()
    app = app_of(log, seen, max_records=300)
    async with running(app):
        await eventually(lambda: seen.records == 4000)
        await eventually(lambda: log.committed(app.conf.id) == {0: 1000, 1: 1000, 2: 1000, 3: 1000})
    assert all(seen.offsets(partition) == list(range(1000)) for partition in range(4))
    assert max(len(batch.records) for batch in seen.batches) <= 300
    assert len(seen.batches) < 100  # batches, not records
    assert {record.value for record in seen.batches[0].records} <= {str(number).encode() for number in range(4000)}


async def test_a_batch_is_limited_in_bytes(log: Log) -> None:
    log.append(100, partition=0, value=lambda _: bytes(1000))
    seen = Seen()
    async with running(app_of(log, seen, max_bytes=10_000)):
        await eventually(lambda: seen.records == 100)
    assert {len(batch.records) for batch in seen.batches} == {10}


async def test_a_partition_has_one_batch_at_work_and_others_go_on_meanwhile(log: Log) -> None:
    log.append(400)
    busy: set[int] = set()
    most = 0
    opened = asyncio.Event()

    async def handle(batch: Batch, lease: Lease) -> None:
        nonlocal most
        assert batch.partition not in busy
        busy.add(batch.partition)
        most = max(most, len(busy))
        await opened.wait()
        busy.remove(batch.partition)

    app = app_of(log, handle, max_records=10)
    async with running(app):
        await eventually(lambda: busy == {0, 1, 2, 3})
        opened.set()
        await eventually(lambda: log.committed(app.conf.id) == {0: 100, 1: 100, 2: 100, 3: 100})
    assert most == 4


async def test_no_more_partitions_are_worked_on_at_once_than_asked_for(log: Log) -> None:
    log.append(40)
    now = most = done = 0

    async def handle(batch: Batch, lease: Lease) -> None:
        nonlocal now, most, done
        now += 1
        most = max(most, now)
        await lease.pause(0.01)
        now -= 1
        done += len(batch.records)

    async with running(app_of(log, handle, max_records=2, concurrency=2)):
        await eventually(lambda: done == 40)
    assert most == 2


async def test_a_partition_held_up_takes_in_a_bounded_part_of_the_log(log: Log) -> None:
    log.append(20_000, partition=0)

    async def handle(batch: Batch, lease: Lease) -> None:
        await lease.pause(3600)

    app = app_of(log, handle, max_records=100)
    async with running(app):
        handed = cast(Consumer, app.consumer)._handed
        await eventually(lambda: handed[TP(log.topic, 0)])
        log.append(1, partition=1)  # by the time that this has come through, more of partition 0 could have
        await eventually(lambda: handed[TP(log.topic, 1)])
        assert len(handed[TP(log.topic, 0)]) <= 2


@pytest.mark.parametrize("failure", [ValueError("a bug"), LeaseLost(), asyncio.CancelledError()])
async def test_what_fails_is_tried_again_and_never_acknowledged(log: Log, failure: BaseException) -> None:
    log.append(400)
    seen = Seen()
    failures = 0
    mended = False

    async def handle(batch: Batch, lease: Lease) -> None:
        nonlocal failures
        if batch.partition == 2 and not mended:
            failures += 1
            raise failure
        await seen(batch, lease)

    app = app_of(log, handle)
    async with running(app):
        await eventually(lambda: failures > 3)
        await eventually(lambda: log.committed(app.conf.id) == {0: 100, 1: 100, 3: 100})
        mended = True
        await eventually(lambda: log.committed(app.conf.id).get(2) == 100)
    assert seen.offsets(2) == list(range(100))


def test_a_handler_that_ignores_its_lease_is_cancelled_and_not_acknowledged(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "DRAIN_SECONDS", 0.2)
    log.append(1, partition=0)
    began = cancelled = False

    async def handle(batch: Batch, lease: Lease) -> None:
        nonlocal began, cancelled
        began = True
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled = True
            raise

    async def body() -> str:
        app = app_of(log, handle)
        async with running(app):
            await eventually(lambda: began)
        return str(app.conf.id)

    group = asyncio.run(body())
    assert cancelled
    assert log.committed(group) == {}


async def test_a_single_record_on_an_idle_topic_comes_at_once(log: Log) -> None:
    arrived: list[float] = []

    async def handle(batch: Batch, lease: Lease) -> None:
        arrived.extend(time.time() - float(record.value or b"") for record in batch.records)

    app = app_of(log, handle)
    async with running(app):
        await eventually(lambda: app.consuming)
        for number in range(20):
            await asyncio.to_thread(log.append, 1, number % 4, lambda _: str(time.time()).encode())
            await eventually(lambda known=number: len(arrived) > known)
    assert statistics.median(arrived) < 0.2  # some ms on a quiet machine; the stalls that this looks for are a second


async def test_ticks_and_hooks_follow_the_partitions_that_are_owned(log: Log) -> None:
    log.append(40)
    ticked: dict[Partition, int] = {}
    moves: list[tuple[str, frozenset[Partition]]] = []
    inside: set[int] = set()
    overlaps: list[int] = []

    async def enter(partition: int, lease: Lease) -> None:
        if partition in inside:
            overlaps.append(partition)
        inside.add(partition)
        await lease.pause(0.005)
        inside.remove(partition)

    async def handle(batch: Batch, lease: Lease) -> None:
        await enter(batch.partition, lease)

    async def tick(tp: Partition, lease: Lease) -> None:
        await enter(tp.partition, lease)
        ticked[tp] = ticked.get(tp, 0) + 1
        raise ValueError("a bug in a tick")

    def assigned(tps: frozenset[Partition]) -> None:
        moves.append(("assigned", tps))
        raise ValueError("a bug in a hook")

    everything = frozenset(Partition(log.topic, number) for number in range(4))
    app = app_of(
        log, handle, max_records=1, tick=tick, tick_seconds=0.01,
        on_assigned=assigned, on_revoked=lambda tps: moves.append(("revoked", tps)),
    )  # fmt: skip
    async with running(app):
        await eventually(lambda: ticked.keys() == everything and min(ticked.values()) > 3)
        await eventually(lambda: log.committed(app.conf.id) == {0: 10, 1: 10, 2: 10, 3: 10})
    assert moves == [("assigned", everything), ("revoked", everything)]
    assert not overlaps
