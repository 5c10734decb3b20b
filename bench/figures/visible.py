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
from bench.harness.process import bench_process
from bench.harness.servers import BenchServers
from bench.harness.stream import an_id
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


def wait_until(there: Callable[[], bool], since: float) -> float:
    """Waits until something is there, and returns the milliseconds since `since`. Raises TimeoutError."""
    while not there():
        if time.perf_counter() - since > PATIENCE:
            raise TimeoutError("a row didn't become visible")
        time.sleep(0.001)
    return (time.perf_counter() - since) * 1000


def ours(servers: BenchServers, number: int, token: str, http: httpx.Client) -> tuple[float, float]:
    """Creates a roll and waits for its row; returns the milliseconds from its 202, and from its request."""
    body = {"title": f"Roll {number}", "theme": "", "visibility": "public"}
    sent = time.perf_counter()
    response = http.post(
        f"http://{servers.settings.host}:{servers.settings.gateway_port}/v1/rolls",
        json=body,
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"bench-{time.time_ns()}"},
    )
    since = time.perf_counter()
    if response.status_code != 202:
        raise RuntimeError(f"{response.status_code} {response.text[:300]}")
    row = f"SELECT creator_id FROM {servers.settings.keyspace}.roll_1 WHERE roll_id = {response.json()['id']}"
    took = wait_until(lambda: any(one[0] for one in servers.admin.execute(row)), since)
    return took, took + (since - sent) * 1000


class Reference:
    """The reference: a producer here, and a consumer in a process of its own that inserts."""

    def __init__(self, servers: BenchServers, keyspace: str):
        self._servers, self._keyspace, self._chance = servers, keyspace, Random(5)
        self._producer = Producer(
            {"bootstrap.servers": servers.settings.bootstrap, "acks": "all", "linger.ms": 0, "log_level": 3}
        )
        self._schema = fastavro.parse_schema(dict(SCHEMA_OF[MemberJoined].avro))

    def once(self) -> float:
        """Produces one record, and returns the milliseconds until its row is there."""
        names = ("event_id", "actor_id", "roll_id", "member_id")
        fields = {name: an_id(self._chance) for name in names}
        out = io.BytesIO()
        fastavro.schemaless_writer(out, self._schema, {**fields, "occurred_at": 0, "role": "member"})
        since = time.perf_counter()
        self._producer.produce(TOPIC, out.getvalue(), str(fields["actor_id"]).encode())
        self._producer.poll(0)
        row = f"SELECT at FROM {self._keyspace}.bare WHERE id = {fields['event_id']}"
        return wait_until(lambda: bool(list(self._servers.admin.execute(row))), since)


def measure(servers: BenchServers) -> dict[str, Figure]:
    """Measures p50 and p95 (also from the request on) of both sides, in turn."""
    count = 1000 if servers.large else 150
    keyspace = servers.settings.keyspace
    servers.admin.execute(f"CREATE TABLE IF NOT EXISTS {keyspace}.bare (id uuid PRIMARY KEY, member uuid, at bigint)")
    settings = servers.settings
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
    from_answer, from_request, reference_took = list[float](), list[float](), list[float]()
    with ExitStack() as stack:
        stack.enter_context(running(programs, settings.home / "logs", 0))
        consumer = stack.enter_context(bench_process(settings, "bench.reference.visible", TOPIC))
        consumer.receive()
        http = stack.enter_context(httpx.Client(timeout=30))
        user_id = registered_user(servers)
        token, reference = issue_token(settings, user_id, LIFETIME), Reference(servers, keyspace)
        for number in range(-20, count):
            answered, requested = ours(servers, number, token, http)
            time.sleep(APART)
            produced = reference.once()
            time.sleep(APART)
            if number >= 0:
                from_answer.append(answered)
                from_request.append(requested)
                reference_took.append(produced)
    p50_reference, p95_reference = median(reference_took), p95(reference_took)
    return {
        "visible_p50": Figure.of(ours=median(from_answer), reference=p50_reference, unit="ms"),
        "visible": Figure.of(ours=p95(from_answer), reference=p95_reference, unit="ms"),
        "visible_request": Figure.of(ours=p95(from_request), reference=p95_reference, unit="ms"),
    }


def registered_user(servers: BenchServers) -> UUID:
    """Registers a user, and waits until the read models have them."""
    user_id, _ = asyncio.run(find_or_register(servers.settings, handle="bench", display_name="Bench", zone="UTC"))
    row = f"SELECT handle FROM {servers.settings.keyspace}.users_1 WHERE user_id = {user_id}"
    wait_until(lambda: any(one[0] for one in servers.admin.execute(row)), time.perf_counter())
    return user_id


def p95(values: list[float]) -> float:
    """Returns the 95th percentile."""
    return quantiles(values, n=20)[-1]
