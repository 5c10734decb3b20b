"""What counts as done, without a broker: only finished batches with no unfinished one before them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import pytest
from aiokafka import ConsumerRecord
from faust.types import TP, Message

from events.settings import Settings
from processors.transport.app import batch_app
from processors.transport.consumer import UNFINISHED, Consumer, OutsideTheLog
from processors.transport.fetcher import Taken
from tests.transport.live import Seen, from_the_beginning

HERE = TP("photos", 3)


def taken(start: int, end: int) -> Taken:
    """Records of a partition."""
    records = [ConsumerRecord("photos", 3, offset, 0, 1, None, b"", None, 0, 0, ()) for offset in range(start, end)]
    return Taken(HERE, start, end, records)


def consumer(body: Callable[[Consumer, list[Message]], Awaitable[None]]) -> None:
    """Call `body` with a consumer that owns one partition from offset 10, and what it hands over."""

    async def inside() -> None:
        app = batch_app("order", ["photos"], Seen(), from_the_beginning, Settings.model_validate({}))
        one = cast(Consumer, app.consumer)
        handed: list[Message] = []

        async def callback(message: Message) -> None:
            handed.append(message)

        one.callback = callback
        one._expected[HERE] = 10
        one._room.add(HERE)
        await body(one, handed)
        one._thread.thread_loop.close()

    asyncio.run(inside())


def test_the_first_unfinished_batch_holds_back_the_later_ones() -> None:
    async def body(one: Consumer, handed: list[Message]) -> None:
        await one._hand(taken(10, 20), 1)
        await one._hand(taken(20, 25), 1)
        assert one.done(handed[1])
        assert one._new_offset(HERE) is None
        assert one.done(handed[0])
        assert one._new_offset(HERE) == 25

    consumer(body)


def test_a_partition_with_unfinished_batches_is_not_asked_for_more() -> None:
    async def body(one: Consumer, handed: list[Message]) -> None:
        for number in range(UNFINISHED):
            assert HERE in one._room
            await one._hand(taken(10 + number, 11 + number), 1)
        assert HERE not in one._room
        one.done(handed[0])
        assert HERE in one._room

    consumer(body)


def test_a_batch_of_an_ended_assignment_does_not_count() -> None:
    async def body(one: Consumer, handed: list[Message]) -> None:
        await one._hand(taken(10, 20), 1)
        one._handed.clear()
        assert not one.done(handed[0])
        assert one._new_offset(HERE) is None

    consumer(body)


def test_faust_itself_acknowledges_nothing() -> None:
    async def body(one: Consumer, handed: list[Message]) -> None:
        await one._hand(taken(10, 20), 1)
        handed[0].ack(one)
        assert one._new_offset(HERE) is None

    consumer(body)


def test_records_that_do_not_follow_the_last_ones_stop_the_worker() -> None:
    async def body(one: Consumer, handed: list[Message]) -> None:
        await one._hand(taken(10, 20), 1)
        with pytest.raises(OutsideTheLog, match="went on at 21 instead of 20"):
            await one._hand(taken(21, 25), 1)

    consumer(body)
