"""Requests to redrive a dead letter's record, and their outcomes: the table `redrives`.

An operator writes the request's columns, the partition's owner the answer's, so neither's clock can hide the other's.
A request is answered when both have the same id. After its requests the operator rings the topic's *bell*: a worker
looks at that one row once a second, and at a partition's requests only when it has changed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from events.positions import Position
from projections.store.cassandra import CassandraStore

BELL = -1  # the partition number under which a topic's bell is kept
KEPT_SECONDS = 90 * 86_400
APPLIED = "applied"
CANCELLED = "cancelled"
PAGE = 2000
AT_ONCE = 200

Place = tuple[int, str]  # an offset and a name: what comes behind it is read
START: Place = (-1, "")


@dataclass(frozen=True, slots=True)
class RedriveRequest:
    """A record to redrive, and for whom: a projection, a reactor, or `*` for all projections of its topic.

    `outcome` is `applied` or `failed: …`, and empty while the request is pending."""

    position: Position
    projection: str
    request: UUID
    asked_at: datetime | None = None
    outcome: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a partition's requests, by rising offset, with all that there are of the offsets that it has.

    `after`: behind what the next page begins; None if this is the last."""

    requests: list[RedriveRequest]
    after: Place | None


class RedriveRequests(Protocol):
    """What a worker needs of the requests. Every call raises StoreUnavailable if the database doesn't answer."""

    async def bell(self, topic: str) -> UUID | None:
        """Changes after new requests for a topic were written; None before the first ones."""
        ...

    async def page(self, topic: str, partition: int, after: Place) -> Page:
        """A partition's requests of the last 90 days behind a place, answered or not: a bounded number of them."""
        ...

    async def answer(self, request: RedriveRequest, outcome: str) -> None:
        """Writes a request's outcome."""
        ...


class CassandraRedriveRequests:
    """See RedriveRequests; `ask` is the operator's side."""

    def __init__(self, store: CassandraStore, keyspace: str):
        self._store, self._table = store, f"{keyspace}.redrives"

    async def ask(self, letters: Sequence[tuple[Position, str]]) -> None:
        """Asks for each (position, projection) to be redriven. Raises StoreUnavailable: some may be asked for."""
        cql = (
            f"INSERT INTO {self._table} (topic, partition, offset, projection, request, asked_at)"
            f" VALUES (?, ?, ?, ?, ?, ?) USING TTL {KEPT_SECONDS}"
        )
        now = datetime.now(UTC)
        for i in range(0, len(letters), AT_ONCE):
            values = [
                (at.topic, at.partition, at.offset, projection, uuid4(), now)
                for at, projection in letters[i : i + AT_ONCE]
            ]
            await asyncio.gather(*(self._store.execute(cql, row) for row in values))
        for topic in sorted({position.topic for position, _ in letters}):
            await self._store.execute(cql, (topic, BELL, 0, "", uuid4(), now))

    async def bell(self, topic: str) -> UUID | None:
        """See RedriveRequests."""
        cql = f"SELECT request FROM {self._table} WHERE topic = ? AND partition = ?"
        rows = await self._store.execute(cql, (topic, BELL))
        return rows[0][0] if rows else None

    async def of_partition(self, topic: str, partition: int) -> list[RedriveRequest]:
        """All of a partition's requests of the last 90 days, answered or not, by rising offset."""
        found: list[RedriveRequest] = []
        after: Place | None = START
        while after is not None:
            page = await self.page(topic, partition, after)
            found += page.requests
            after = page.after
        return found

    async def page(self, topic: str, partition: int, after: Place) -> Page:
        """See RedriveRequests."""
        columns = "offset, projection, request, asked_at, answered, outcome, answered_at"
        cql = (
            f"SELECT {columns} FROM {self._table} WHERE topic = ? AND partition = ?"
            " AND (offset, projection) > (?, ?) LIMIT ?"
        )
        rows = await self._store.execute(cql, (topic, partition, *after, PAGE))
        return page_of([request_of(topic, partition, row) for row in rows if row[2] is not None], rows, PAGE)

    async def answer(self, request: RedriveRequest, outcome: str) -> None:
        """See RedriveRequests."""
        cql = (
            f"INSERT INTO {self._table} (topic, partition, offset, projection, answered, outcome, answered_at)"
            f" VALUES (?, ?, ?, ?, ?, ?, ?) USING TTL {KEPT_SECONDS}"
        )
        at = request.position
        key = (at.topic, at.partition, at.offset, request.projection)
        await self._store.execute(cql, (*key, request.request, outcome, datetime.now(UTC)))


def page_of(requests: list[RedriveRequest], rows: Sequence[tuple[Any, ...]], size: int) -> Page:
    """A page of the requests in `rows` (offset first), of which `size` were asked for: what of the last offset it may
    lack is left to the next one."""
    if len(rows) < size:
        return Page(requests, None)
    last = rows[-1][0]
    assert rows[0][0] < last, "a page has room for all names"
    return Page([request for request in requests if request.position.offset < last], (last, ""))


def request_of(topic: str, partition: int, row: tuple[Any, ...]) -> RedriveRequest:
    """A row as a request; its times are UTC."""
    offset, projection, request, asked_at, answered, outcome, answered_at = row
    done = answered == request
    return RedriveRequest(
        Position(topic, partition, offset),
        projection,
        request,
        asked_at.replace(tzinfo=UTC),
        outcome if done else "",
        answered_at.replace(tzinfo=UTC) if done else None,
    )
