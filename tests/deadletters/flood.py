"""Good reactions by the hundred thousand, bad records among them, and what plain Python makes of the good ones."""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from confluent_kafka import KafkaError, Message, Producer

from events.codec import HEADER, MAGIC, Codec
from events.generated import CommentPosted, PhotoLiked, PhotoUnliked
from events.positions import Position
from events.settings import Settings
from events.topics import RECORD_BYTES, key_bytes
from tests.partitions import PARTITIONING, partition_of

TOPIC = "reactions"
WHEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
A, B, C, D = (UUID(int=number << 64, version=4) for number in (1, 2, 3, 4))
LARGE = 100_000  # bytes: what is larger travels alone
BEYOND_A_MUTATION = 600_000  # characters; the test's Cassandra takes 512 KiB


@dataclass(frozen=True)
class Fact:
    """A record to append: partition None is where its key belongs. `wrong` names what is wrong with it, if anything."""

    person: UUID
    value: bytes | None
    wrong: str = ""
    key: bytes | None = b"?"
    partition: int | None = None
    counted: tuple[UUID, UUID, UUID] | None = None  # photo, liker and like, for the count by hand
    ends: bool = False

    @property
    def bytes_of_key(self) -> bytes | None:
        """The key as it is appended."""
        return key_bytes(self.person) if self.key == b"?" else self.key


@dataclass
class Flood:
    """What was appended: where each bad record is, and the likes by hand."""

    bad: dict[Position, Fact] = field(default_factory=dict[Position, Fact])
    likes: dict[UUID, dict[UUID, set[UUID]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    ended: set[UUID] = field(default_factory=set[UUID])

    def count(self, fact: Fact) -> None:
        """Counts a like or its end."""
        assert fact.counted is not None
        photo, liker, like = fact.counted
        if fact.ends:
            self.ended.add(like)
        else:
            self.likes[photo][liker].add(like)

    def counts(self) -> dict[UUID, int]:
        """How many like each photo."""
        return {
            photo: sum(bool(begun - self.ended) for begun in likers.values()) for photo, likers in self.likes.items()
        }


class Forge:
    """Makes records from encoded templates: a hundred thousand in a second."""

    def __init__(self, chooser: random.Random, like: bytes, unlike: bytes, comment_id: int):
        self._chooser, self._like, self._unlike, self._comment_id = chooser, like, unlike, comment_id
        self.people = [self.id() for _ in range(2000)]
        self.photos = [self.id() for _ in range(50)]
        self._begun: list[tuple[UUID, UUID, UUID]] = []

    @classmethod
    async def make(cls, chooser: random.Random, codec: Codec, comment_id: int) -> "Forge":
        """A forge with templates from the real codec, and the id of a schema that isn't a like's."""
        like = await codec.encode(PhotoLiked(event_id=A, occurred_at=WHEN, actor_id=B, photo_id=C, liker_id=B))
        end = PhotoUnliked(event_id=A, occurred_at=WHEN, actor_id=B, photo_id=C, liker_id=B, like_id=D)
        unlike = await codec.encode(end)
        return cls(chooser, like, unlike, comment_id)

    def id(self) -> UUID:
        """A new id, from the seed."""
        return UUID(int=self._chooser.getrandbits(128), version=4)

    def like(self) -> Fact:
        """A like."""
        photo, liker, like = self._chooser.choice(self.photos), self._chooser.choice(self.people), self.id()
        return Fact(liker, filled(self._like, {A: like, B: liker, C: photo}), counted=(photo, liker, like))

    def good(self) -> Fact:
        """A like, or now and then the end of one."""
        if self._begun and self._chooser.random() < 0.1:
            photo, liker, like = self._chooser.choice(self._begun)
            value = filled(self._unlike, {A: self.id(), B: liker, C: photo, D: like})
            return Fact(liker, value, counted=(photo, liker, like), ends=True)
        fact = self.like()
        assert fact.counted is not None
        self._begun.append(fact.counted)
        return fact

    def bad(self, wrong: str, unknown_id: int) -> Fact:
        """A record with something wrong about it. `an unknown schema` is a like that the registry could mend."""
        fact = self.like()
        person, value, draw = fact.person, fact.value or b"", self._chooser
        match wrong:
            case "random bytes":
                return Fact(person, b"\x01" + draw.randbytes(draw.randint(0, 200)), wrong)
            case "truncated":
                return Fact(person, value[: draw.randrange(len(value))], wrong)
            case "an unknown schema":
                known = HEADER.pack(MAGIC, unknown_id) + value[HEADER.size :]
                return Fact(person, known, wrong, counted=fact.counted)
            case "another type's schema":
                return Fact(person, HEADER.pack(MAGIC, self._comment_id) + value[HEADER.size :], wrong)
            case "no key":
                return Fact(person, value, wrong, key=None, partition=partition_of(TOPIC, person))
            case "another person's key":
                return Fact(person, value, wrong, key=key_bytes(self.id()))
            case "the wrong partition":
                elsewhere = (partition_of(TOPIC, person) + draw.randint(1, 7)) % PARTITIONING[TOPIC]
                return Fact(person, value, wrong, partition=elsewhere)
            case "null":
                return Fact(person, None, wrong)
            case "as large as can be":
                return Fact(person, b"\x00\x00\x00\x00\x01" + draw.randbytes(RECORD_BYTES - 200), wrong)
            case _:
                raise AssertionError(wrong)


def filled(template: bytes, ids: dict[UUID, UUID]) -> bytes:
    """A template with other ids in place of its own."""
    for old, new in ids.items():
        template = template.replace(str(old).encode(), str(new).encode())
    return template


def a_comment(author: UUID, event_id: UUID, photo: UUID, text: str) -> CommentPosted:
    """A comment."""
    at = WHEN + timedelta(seconds=event_id.int % 1000)
    return CommentPosted(
        event_id=event_id, occurred_at=at, actor_id=author, photo_id=photo, author_id=author, text=text
    )


def append(settings: Settings, facts: list[Fact]) -> Flood:
    """Appends facts in order, and returns when Kafka has them all. Large ones travel alone: a batch has a limit too."""
    producer = Producer(
        {
            "bootstrap.servers": settings.bootstrap,
            "enable.idempotence": True,
            "linger.ms": 5,
            "log_level": 3,
            "message.max.bytes": 2 * RECORD_BYTES,
            "queue.buffering.max.messages": 500_000,
        }
    )
    flood = Flood()
    refused: list[str] = []

    def noted(fact: Fact) -> Callable[[KafkaError | None, Message], None]:
        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                refused.append(f"{fact.wrong or 'good'}: {error.str()}")
            elif fact.wrong:
                flood.bad[Position(TOPIC, message.partition() or 0, message.offset() or 0)] = fact

        return delivered

    for fact in facts:
        large = len(fact.value or b"") > LARGE
        if large:
            producer.flush()
        partition = partition_of(TOPIC, fact.person) if fact.partition is None else fact.partition
        producer.produce(
            TOPIC, fact.value, fact.bytes_of_key, partition=partition,
            headers=[("traceparent", b"00-" + b"0" * 48)] if large else None, on_delivery=noted(fact),
        )  # fmt: skip
        producer.poll(0)
        if large:
            producer.flush()
        if not fact.wrong:
            flood.count(fact)
    producer.flush()
    assert refused == []
    return flood
