"""The log, read the plain way: Kafka's own consumer, fastavro, the registry over HTTP."""

import base64
import io
import json
import struct
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import fastavro
from cassandra.cluster import Session
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from events.personal import unseal
from events.settings import Settings

TOPICS = ("accounts", "graph", "rolls", "photos", "reactions")
LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[assignment]  # its annotation says that it may be None
ERASED = ""  # what a read model shows of an erased person
HEADER = struct.Struct(">bI")
SECONDS = 60.0  # for one read of the log, with Kafka up


@dataclass(frozen=True, slots=True)
class Fact:
    """One record of the log, personal fields opened; times in whole milliseconds, as read models keep them.

    `appended`: Kafka's time of its append, in ms since 1970."""

    kind: str
    topic: str
    partition: int
    offset: int
    fields: dict[str, Any]
    appended: int = 0


class Log:
    """The topics from their beginning; each `read` goes on where the last one ended."""

    def __init__(self, settings: Settings, session: Session) -> None:
        self._settings, self._session = settings, session
        self.next: dict[tuple[str, int], int] = {}
        self._schemas: dict[int, tuple[str, Any, dict[str, str]]] = {}
        self._keys: dict[UUID, bytes | None] = {}
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.bootstrap,
                "group.id": f"oracle-{uuid.uuid4()}",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "log_level": 0,
            }
        )

    def close(self) -> None:
        """Leaves the broker."""
        self._consumer.close()

    def ends(self, topics: tuple[str, ...] = TOPICS) -> dict[tuple[str, int], int]:
        """The next offset of every partition."""
        known = self._consumer.list_topics(timeout=10).topics
        places = [TopicPartition(topic, partition) for topic in topics for partition in known[topic].partitions]
        # A client of its own each time: one that has seen a broker restart asks with its old epoch for ever.
        admin = AdminClient({"bootstrap.servers": self._settings.bootstrap, "log_level": 0})
        answers = admin.list_offsets(dict.fromkeys(places, LATEST), request_timeout=10)
        return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}

    def read(self) -> Iterator[Fact]:
        """What was appended since the last read, each partition in order. TimeoutError if Kafka doesn't hand it out."""
        waiting = {place: end for place, end in self.ends().items() if end > self.next.get(place, 0)}
        self._consumer.assign([TopicPartition(*place, self.next.get(place, 0)) for place in waiting])
        until = datetime.now(UTC).timestamp() + SECONDS
        while waiting:
            if datetime.now(UTC).timestamp() > until:
                raise TimeoutError(f"the log wasn't handed out to its end: {waiting}")
            for message in self._consumer.consume(5000, 0.2):
                if message.error():
                    continue
                place = (str(message.topic()), int(message.partition() or 0))
                offset, value = int(message.offset() or 0), message.value()
                self.next[place] = offset + 1
                if self.next[place] >= waiting.get(place, 0):
                    waiting.pop(place, None)
                assert isinstance(value, bytes)
                yield self._fact(*place, offset, value, message.timestamp()[1])

    def _fact(self, topic: str, partition: int, offset: int, value: bytes, appended: int) -> Fact:
        _, schema_id = HEADER.unpack_from(value)
        if schema_id not in self._schemas:
            self._schemas[schema_id] = self._schema(schema_id)
        kind, parsed, personal = self._schemas[schema_id]
        fields: Any = fastavro.schemaless_reader(io.BytesIO(value[HEADER.size :]), parsed, None)
        for name, person in personal.items():
            if fields[name] is not None:
                key = self._key(fields[person])
                fields[name] = ERASED if key is None else unseal(key, fields["event_id"], name, fields[name])
        for name, each in fields.items():
            if isinstance(each, datetime):
                fields[name] = each.replace(tzinfo=None, microsecond=each.microsecond // 1000 * 1000)
        return Fact(kind, topic, partition, offset, fields, appended)

    def _schema(self, schema_id: int) -> tuple[str, Any, dict[str, str]]:
        with urllib.request.urlopen(f"{self._settings.registry_url}/schemas/ids/{schema_id}", timeout=10) as answer:
            schema = json.loads(json.loads(answer.read())["schema"])
        personal = {field["name"]: field["personal"] for field in schema["fields"] if "personal" in field}
        return schema["name"], fastavro.parse_schema(schema), personal

    def _key(self, person: UUID) -> bytes | None:
        if person not in self._keys:
            master = base64.b64decode(self._settings.master_key)
            cql = f"SELECT person, wrapped, erased FROM {self._settings.keyspace}_private.keys"
            for owner, wrapped, erased in self._session.execute(cql):
                self._keys[owner] = None if erased else aes_key_unwrap(master, wrapped)
        return self._keys[person]
