"""The gateway on real servers: a token, a roll, an upload, a photo, a like, and what any Kafka client then reads."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from aiokafka import ConsumerRecord
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from fastapi import FastAPI

from events.codec import Codec
from events.confluent_registry import ConfluentRegistry
from events.generated import PhotoDeveloped
from events.positions import Position, parse_positions
from events.settings import Settings
from ops.commands.token import LIFETIME, find_or_register
from ops.provision import prepare
from ops.secrets import with_values
from producers.decide.decision import Command, accepted
from producers.gateway import application
from producers.gateway.resources import Resources, whole_milliseconds
from producers.limits import UPLOAD_BYTES
from producers.writes.plan import new_plan
from projections.private.keys import KeyStore
from projections.store.cassandra import CassandraStore, connected
from projections.store.roles import WORKER
from tests.kit import Worker, record
from tests.partitions import partition_of
from web.tokens import issue_token

pytestmark = pytest.mark.anyio

PICTURE = b"\xff\xd8\xff\xe0 not much of a picture"


@pytest.fixture(scope="module")
def known(servers: Settings) -> Settings:
    """The servers with a keyspace of this test's own: other tests' records stay out of its read models."""
    settings = with_values(servers, keyspace="gateway_live", handle_secret="handles are looked up by this")
    prepare(settings)
    return settings


class Reader:
    """Reads single records as any Kafka client would, and folds them into the read models."""

    def __init__(self, settings: Settings, store: CassandraStore):
        self._consumer = Consumer(
            {"bootstrap.servers": settings.bootstrap, "group.id": f"live-{uuid4()}", "enable.auto.commit": False}
        )
        self._client = SchemaRegistryClient({"url": settings.registry_url})
        make: Any = AvroDeserializer  # a factory that its own types take for a class
        self._decode = make(self._client)
        self._registry = ConfluentRegistry(settings)
        self.worker = Worker(store, Codec(self._registry, KeyStore(store, settings)))

    def read(self, position: Position) -> tuple[str, dict[str, Any], dict[str, bytes], ConsumerRecord[Any, Any]]:
        """One record: its key, its event as plain Avro, its headers, and the record as a worker gets it."""
        place = TopicPartition(position.topic, position.partition, position.offset)
        self._consumer.assign([place])
        message = self._consumer.poll(30)
        assert message is not None
        assert message.error() is None
        assert message.offset() == position.offset
        key, value = message.key(), message.value()
        assert isinstance(key, bytes)
        assert isinstance(value, bytes)
        event = self._decode(value, SerializationContext(position.topic, MessageField.VALUE))
        assert isinstance(event, dict)
        taken = record(position.topic, position.partition, position.offset, key, value)
        headers = {name: text for name, text in message.headers() or [] if isinstance(text, bytes)}
        return key.decode(), event, headers, taken

    async def fold(self, text: str) -> list[tuple[str, dict[str, Any], dict[str, bytes]]]:
        """Folds what is at these positions; each one's key, event and headers."""
        found: list[tuple[str, dict[str, Any], dict[str, bytes]]] = []
        for position in parse_positions(text):
            key, event, headers, taken = await asyncio.to_thread(self.read, position)
            await self.worker.take_over(position.topic, position.partition)
            await self.worker.fold([taken])
            assert position.partition == partition_of(position.topic, UUID(key))
            found.append((key, event, headers))
        return found

    def close(self) -> None:
        """Lets go."""
        self._consumer.close()
        self._client.close()
        self._registry.close()


@asynccontextmanager
async def reading(settings: Settings) -> AsyncGenerator[Reader]:
    """A reader, with the worker's role."""
    async with connected(settings, WORKER, settings.worker_password) as store:
        reader = Reader(settings, store)
        try:
            yield reader
        finally:
            reader.close()


async def refused(phone: httpx.AsyncClient, url: str, fields: dict[str, str], size: int) -> bool:
    """Whether the object store takes no file of so many bytes with these fields."""
    answer = await phone.post(url, data=fields, files={"file": ("photo.jpg", b"x" * size)})
    return answer.status_code >= 400


async def test_from_a_token_to_a_like(known: Settings) -> None:
    app = application(known)
    async with reading(known) as reader, app.router.lifespan_context(app):
        people: dict[str, UUID] = {}
        for handle in ("ada", "bob"):
            user_id, position = await find_or_register(
                known, handle=handle, display_name=handle.title(), zone="Europe/Berlin"
            )
            assert position is not None
            ((key, event, _),) = await reader.fold(position)
            assert (key, event["user_id"], event["handle_hmac"]) == (str(user_id), user_id, event["handle_hmac"])
            assert handle.encode() not in event["handle"]  # sealed
            assert await find_or_register(known, handle=handle, display_name=handle, zone="UTC") == (
                user_id,
                None,
            )
            people[handle] = user_id
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            await story(client, app, reader, people)


async def story(client: httpx.AsyncClient, app: FastAPI, reader: Reader, people: dict[str, UUID]) -> None:
    """Ada opens a roll and puts a photo into it; Bob joins, follows and is found in the log."""
    resources: Resources = app.state.resources
    ada, bob = (
        {"Authorization": f"Bearer {issue_token(resources.settings, people[name], LIFETIME)}"}
        for name in ("ada", "bob")
    )
    assert (await client.get("/readyz")).status_code == 200

    made = await client.post("/v1/rolls", json={"title": "Lake", "visibility": "public"}, headers=ada)
    assert made.status_code == 202, made.text
    roll = made.json()["id"]
    (_, created, headers), (key, joined, _) = await both(reader, made)
    assert headers["traceparent"].startswith(b"00-")
    assert (str(created["roll_id"]), created["visibility"]) == (roll, "public")
    assert (key, joined["role"]) == (str(people["ada"]), "owner")

    form = (await client.post("/v1/uploads", json={"content_type": "image/jpeg"}, headers=ada)).json()
    body = {"upload_id": form["upload_id"], "rolls": [roll]}
    async with httpx.AsyncClient(timeout=30) as phone:
        assert await refused(phone, form["url"], form["fields"], 0)  # the range is kept
        assert await refused(phone, form["url"], form["fields"] | {"key": "uploads/elsewhere"}, 100)
        assert await refused(phone, form["url"], form["fields"] | {"Content-Type": "text/html"}, 100)
        assert (await client.post("/v1/photos", json=body, headers=ada)).status_code == 409  # nothing came
        sent = await phone.post(form["url"], data=form["fields"], files={"file": ("photo.jpg", PICTURE)})
        assert sent.status_code < 300, sent.text

        largest = (await client.post("/v1/uploads", json={"content_type": "image/jpeg"}, headers=ada)).json()
        assert await refused(phone, largest["url"], largest["fields"], UPLOAD_BYTES + 1)
        assert not await refused(phone, largest["url"], largest["fields"], UPLOAD_BYTES)

    stolen = await client.post("/v1/photos", json=body | {"rolls": []}, headers=bob)
    assert stolen.status_code == 409
    asked = {**ada, "Idempotency-Key": "photo 1"}
    attempts = await asyncio.gather(*(client.post("/v1/photos", json=body, headers=asked) for _ in range(3)))
    assert {attempt.status_code for attempt in attempts} == {202}, attempts[0].text
    assert len({attempt.text for attempt in attempts}) == 1
    (first_key, taken, _), (_, placed, _) = await both(reader, attempts[0])
    assert first_key == str(people["ada"])
    assert (taken["zone"], taken["object_key"]) == ("Europe/Berlin", f"uploads/{people['ada']}/{form['upload_id']}")
    assert taken["develops_at"] > datetime.now(UTC)
    assert (placed["photo_id"], str(placed["roll_id"])) == (taken["photo_id"], roll)

    for path in (f"/v1/rolls/{roll}/members/{people['bob']}", f"/v1/users/{people['ada']}/follow"):
        answer = await client.put(path, headers=bob)
        assert answer.status_code == 202, answer.text
        ((key, _, _),) = await reader.fold(answer.json()["position"])
        assert key == str(people["bob"])
    hidden = await client.put(f"/v1/photos/{taken['photo_id']}/like", headers=bob)
    assert hidden.status_code == 404  # until tomorrow at 9

    await reader.fold(await develop(resources, taken))
    assert (await client.put(f"/v1/photos/{taken['photo_id']}/like", headers=bob)).status_code == 404  # nor by a fact
    app.state.resources = dataclasses.replace(resources, clock=lambda: whole_milliseconds() + timedelta(days=2))
    path = f"/v1/photos/{taken['photo_id']}/like"
    liked = await client.put(path, headers=bob)
    assert liked.status_code == 202, liked.text
    ((key, event, _),) = await reader.fold(liked.json()["position"])
    assert (key, event["photo_id"], event["event_id"]) == (
        str(people["bob"]),
        taken["photo_id"],
        UUID(liked.json()["id"]),
    )
    again = await client.put(path, headers=bob)
    assert again.json() == liked.json() | {"position": None}
    unliked = await client.delete(path, headers=bob)
    ((_, event, _),) = await reader.fold(unliked.json()["position"])
    assert event["like_id"] == UUID(liked.json()["id"])

    said = await client.post(f"/v1/photos/{taken['photo_id']}/comments", json={"text": "What light!"}, headers=bob)
    ((_, event, _),) = await reader.fold(said.json()["position"])
    assert b"What light!" not in event["text"]  # sealed
    gone = await client.delete(f"/v1/photos/{taken['photo_id']}/comments/{said.json()['id']}", headers=ada)
    assert gone.status_code == 202, gone.text
    ((key, event, _),) = await reader.fold(gone.json()["position"])
    assert (key, event["comment_id"]) == (str(people["bob"]), UUID(said.json()["id"]))


async def develop(resources: Resources, taken: dict[str, Any]) -> str:
    """The fact that a processor would append in the morning, and where it is."""
    fields = {name: taken[name] for name in ("photo_id", "owner_id", "taken_at", "develops_at")}
    command = Command(actor=taken["owner_id"], request=taken["event_id"], at=taken["occurred_at"])
    decision = accepted(taken["photo_id"], PhotoDeveloped(**command.metadata("PhotoDeveloped"), **fields))
    plan = await resources.executor.execute(new_plan(await resources.executor.plan(decision, command.actor)))
    assert plan.position is not None
    return plan.position


async def both(reader: Reader, answer: httpx.Response) -> list[tuple[str, dict[str, Any], dict[str, bytes]]]:
    """The two facts of an answer: the one at its position, and the one just before."""
    (last,) = parse_positions(answer.json()["position"])
    before = dataclasses.replace(last, offset=last.offset - 1)
    return [*await reader.fold(str(before)), *await reader.fold(str(last))]
