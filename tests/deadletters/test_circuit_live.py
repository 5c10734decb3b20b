"""A worker that meets many undecodable records in a row stops that topic and says so; with the limit raised it goes on.

Seen to fail with the comparison with the limit taken out of `CircuitBreaker.check`: all ten are sent to the dead
letters, and it is ready.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer

from events.positions import Position
from events.settings import Settings
from ops.deadletters.letters import letters
from processors.log.ends import LogEnds
from projections.catalog import of_topic
from projections.progress import next_offsets
from projections.store.cassandra import connected
from projections.store.roles import WORKER
from tests.deadletters.live import eventually, folded, worker
from tests.partitions import PARTITIONING

pytestmark = pytest.mark.anyio

TOPIC, OTHER, PARTITION, BAD = "graph", "rolls", 3, 10


def append(settings: Settings, topic: str, records: int) -> list[Position]:
    """Appends records that can't be decoded to one partition, at once."""
    positions: list[Position] = []
    producer = Producer({"bootstrap.servers": settings.bootstrap, "linger.ms": 100, "enable.idempotence": True})
    for number in range(records):
        producer.produce(
            topic,
            f"nonsense {number}".encode(),
            partition=PARTITION,
            on_delivery=lambda _, message: positions.append(Position(topic, PARTITION, message.offset() or 0)),
        )
    producer.flush()
    assert len(positions) == records
    return positions


async def health(settings: Settings) -> tuple[int, Mapping[str, Any]]:
    """What the worker's `/readyz` answers; 0 if it doesn't."""
    async with httpx.AsyncClient() as client:
        try:
            answer = await client.get(f"http://{settings.host}:{settings.worker_metrics_port}/readyz")
        except httpx.TransportError:
            return 0, {}
    return answer.status_code, answer.json()


async def test_a_topic_of_nonsense_stops_and_says_why_and_goes_on_without_the_limit(darkroom: Settings) -> None:
    async def ready() -> bool:
        return (await health(darkroom))[0] == 200

    async with connected(darkroom, WORKER, darkroom.worker_password) as store:

        async def progress() -> int:
            known = await next_offsets(store, TOPIC, PARTITION)
            return min(known.get((each.name, 1), 0) for each in of_topic(TOPIC))

        async def stopped() -> bool:
            return bool((await health(darkroom))[1].get("stopped"))

        with worker(darkroom.model_copy(update={"dead_letters_in_a_row": 3}), TOPIC, OTHER):
            await eventually(ready, "the worker is ready")
            bad = await asyncio.to_thread(append, darkroom, TOPIC, BAD)
            await eventually(stopped, "the worker says that it is stopped")
            status, answer = await health(darkroom)
            assert (status, answer["waiting"], list(answer["stopped"])) == (503, [], [TOPIC])
            assert "magic byte; more than 3 records in a row" in answer["stopped"][TOPIC]
            assert f"{TOPIC}-{PARTITION}@" in answer["stopped"][TOPIC]

            other = await asyncio.to_thread(append, darkroom, OTHER, 1)
            ends = [(OTHER, PARTITION, other[0].offset + 1)]
            await eventually(lambda: folded(store, ends), "the other topic goes on")
            sent = [each.position for each in letters(darkroom, None, lambda *_: None) if each.position in bad]
            assert len(sent) <= 3
            assert bad[0].offset + len(sent) == await progress() < bad[-1].offset

        with worker(darkroom.model_copy(update={"dead_letters_in_a_row": 0}), TOPIC, OTHER):
            ends = [end for end in await LogEnds(darkroom, PARTITIONING)(TOPIC) if end[1] == PARTITION]
            await eventually(lambda: folded(store, ends), "it goes on")
            await eventually(ready, "the worker is ready again")
        sent = [each.position for each in letters(darkroom, None, lambda *_: None) if each.position in bad]
        assert sorted(sent) == bad
