"""visible: milliseconds until a fact can be read, from the gateway's 202 to the row of the roll that it made.

Against a bare produce-consume-insert: from handing one record to a producer to its row being there. Both rows are asked
for in the same way, over and over. The reference's topic is one that no app of ours reads, so that ours don't see it.
At the 202 our record is in the log already, while the reference's has still to get there; so `visible_request` begins
ours when the request is sent: it holds the gateway's decision and its writes as well.
"""

import asyncio
import io
import time
from collections.abc import Callable
from contextlib import ExitStack
from random import Random
from statistics import median, quantiles
from uuid import UUID

import fastavro
import httpx
from confluent_kafka import Producer

from bench.figures.apply import begin_at, ends
from bench.harness.figure import Figure
from bench.harness.side import side
from bench.harness.stream import an_id
from bench.harness.world import World
from events.codec import SCHEMA_OF
from events.generated import MemberJoined
from events.topics import FACTS
from ops.commands.token import LIFETIME, find_or_register
from ops.supervisor.children import running
from ops.supervisor.processes import WORKERS, process
from projections.catalog import of_topic
from web.tokens import issue_token

TOPIC = "deadletters"
APART = 0.03  # seconds between two, so that each comes to a system at rest
PATIENCE = 20.0


def waited(there: Callable[[], bool], since: float) -> float:
    """Milliseconds since `since` until something is there. TimeoutError."""
    while not there():
        if time.perf_counter() - since > PATIENCE:
            raise TimeoutError("a row didn't become visible")
        time.sleep(0.001)
    return (time.perf_counter() - since) * 1000


def ours(world: World, number: int, token: str, http: httpx.Client) -> tuple[float, float]:
    """One roll, to its row: from its 202, and from its request."""
    body = {"title": f"Roll {number}", "theme": "", "visibility": "public"}
    sent = time.perf_counter()
    answer = http.post(
        f"http://{world.settings.host}:{world.settings.gateway_port}/v1/rolls",
        json=body,
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"bench-{time.time_ns()}"},
    )
    since = time.perf_counter()
    if answer.status_code != 202:
        raise RuntimeError(f"{answer.status_code} {answer.text[:300]}")
    row = f"SELECT creator_id FROM {world.settings.keyspace}.roll_1 WHERE roll_id = {answer.json()['id']}"
    took = waited(lambda: any(one[0] for one in world.admin.execute(row)), since)
    return took, took + (since - sent) * 1000


class Bare:
    """The reference: a producer here, a consumer that inserts in a process of its own."""

    def __init__(self, world: World, keyspace: str):
        self._world, self._keyspace, self._chance = world, keyspace, Random(5)
        self._producer = Producer(
            {"bootstrap.servers": world.settings.bootstrap, "acks": "all", "linger.ms": 0, "log_level": 3}
        )
        self._schema = fastavro.parse_schema(dict(SCHEMA_OF[MemberJoined].avro))

    def once(self) -> float:
        """One record, from produce to its row."""
        names = ("event_id", "actor_id", "roll_id", "member_id")
        fields = {name: an_id(self._chance) for name in names}
        out = io.BytesIO()
        fastavro.schemaless_writer(out, self._schema, {**fields, "occurred_at": 0, "role": "member"})
        since = time.perf_counter()
        self._producer.produce(TOPIC, out.getvalue(), str(fields["actor_id"]).encode())
        self._producer.poll(0)
        row = f"SELECT at FROM {self._keyspace}.bare WHERE id = {fields['event_id']}"
        return waited(lambda: bool(list(self._world.admin.execute(row))), since)


def measure(world: World) -> dict[str, Figure]:
    """p50 and p95 (also from the request on) of both, taken in turn."""
    count = 1000 if world.large else 150
    keyspace = world.settings.keyspace
    world.admin.execute(f"CREATE TABLE IF NOT EXISTS {keyspace}.bare (id uuid PRIMARY KEY, member uuid, at bigint)")
    settings = world.settings
    for topic in FACTS:  # what other figures left isn't ours to fold
        begin_at(settings, topic, ends(settings, topic), [*(each.name for each in of_topic(topic)), "expand"])
    programs = [
        process(
            settings,
            "worker",
            ("worker", *WORKERS["worker-views"]),
            "worker_metrics_port",
            settings.worker_metrics_port,
        ),
        process(settings, "gateway", ("gateway",), "gateway_port", settings.gateway_port),
    ]
    from_answer, from_request, bare_took = list[float](), list[float](), list[float]()
    with ExitStack() as stack:
        stack.enter_context(running(programs, settings.home / "logs", 0))
        consumer = stack.enter_context(side(settings, "bench.reference.visible", TOPIC))
        consumer.hear()
        http = stack.enter_context(httpx.Client(timeout=30))
        user_id = known(world)
        token, bare = issue_token(settings, user_id, LIFETIME), Bare(world, keyspace)
        for number in range(-20, count):
            answered, requested = ours(world, number, token, http)
            time.sleep(APART)
            produced = bare.once()
            time.sleep(APART)
            if number >= 0:
                from_answer.append(answered)
                from_request.append(requested)
                bare_took.append(produced)
    return {
        "visible_p50": Figure(median(from_answer), median(bare_took), median(from_answer) / median(bare_took), "ms"),
        "visible": Figure(p95(from_answer), p95(bare_took), p95(from_answer) / p95(bare_took), "ms"),
        "visible_request": Figure(p95(from_request), p95(bare_took), p95(from_request) / p95(bare_took), "ms"),
    }


def known(world: World) -> UUID:
    """Somebody who is registered, once the read models know."""
    user_id, _ = asyncio.run(find_or_register(world.settings, handle="bench", display_name="Bench", zone="UTC"))
    row = f"SELECT handle FROM {world.settings.keyspace}.users_1 WHERE user_id = {user_id}"
    waited(lambda: any(one[0] for one in world.admin.execute(row)), time.perf_counter())
    return user_id


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(values, n=20)[-1]
