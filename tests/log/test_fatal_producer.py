"""An idempotent producer that has met a fatal error is replaced, so that nobody's retries fail for ever.

Seen to fail without `_retire`: the second attempt is refused like the first. librdkafka's producer can't be made to
fail fatally from Python, so one that does stands in for it here."""

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from events.settings import Settings
from producers import publisher as publisher_module
from producers.publisher import NotPublished, Publisher
from tests.kit import memory_codec
from tests.partitions import PARTITIONING

pytestmark = pytest.mark.anyio

DEAD = KafkaError(KafkaError._FATAL, "out of order sequence", fatal=True)


class Acknowledgement:
    """What the producer hands to `on_delivery`."""

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return 7


class Mortal:
    """A producer of which the first one dies: at its first record, or when that is to be acknowledged."""

    dies_at_once = True
    alive = 0  # the number of the one that lives on

    def __init__(self, _: Any) -> None:
        self._doomed = Mortal.alive == 0
        Mortal.alive += 1
        self._dead = False
        self._queue: deque[Callable[[], None]] = deque()

    def produce(self, *_: Any, on_delivery: Callable[[Any, Any], None], **__: Any) -> None:
        if self._dead or (self._doomed and self.dies_at_once):
            raise KafkaException(DEAD)
        error, self._dead = (DEAD, True) if self._doomed else (None, False)
        self._queue.append(lambda: on_delivery(error, Acknowledgement()))

    def poll(self, _: float) -> None:
        if self._queue:
            self._queue.popleft()()

    def flush(self, _: float) -> None:
        pass

    def purge(self) -> None:
        pass

    def __len__(self) -> int:
        return len(self._queue)


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_next_attempt_has_a_new_producer(monkeypatch: pytest.MonkeyPatch, at_once: bool) -> None:
    monkeypatch.setattr(publisher_module, "Producer", Mortal)
    monkeypatch.setattr(Mortal, "dies_at_once", at_once)
    monkeypatch.setattr(Mortal, "alive", 0)
    publisher = Publisher(Settings(), memory_codec(), "test", PARTITIONING)
    try:
        with pytest.raises(NotPublished):
            await publisher.raw("deadletters", b"key", b"value", [])
        position = await publisher.raw("deadletters", b"key", b"value", [])
        assert (position.partition, position.offset) == (3, 7)
        assert Mortal.alive == 2
    finally:
        await publisher.close()
