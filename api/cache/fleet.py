"""The answers that a fleet of processes shares in a Valkey or Redis, under the same rule and without comparing clocks.

The server counts. Each look takes the next number, with what is kept under some names, in one transaction. What a
process then reads of the database is kept with the number of its look: the read began after that number was taken.

To use an answer with a number, a process must know a moment of its own clock after which the read began. It remembers
of its own looks the moment before each and the number it was given. If that number is lower than the answer's, it was
taken earlier; so the answer's read began after that moment. The latest such moment counts as the answer's, for its age
and for the rule (see `api.cache`): no clock of another machine, nor the server's, is compared with anything. A process
that hasn't looked for a while can prove nothing, and reads for itself once.

That holds only within one count, so:

- Whoever finds no count begins one, with a random name, which stands in the names of all answers. A server that forgets
  its count (it evicts it, is flushed, starts empty) thereby forgets the answers; a look that is told of another count
  fails.
- Numbers are good for one connection. After a failover or a restart there is a new one, which begins without any: an
  answer is kept with a number of the same connection, and used by numbers of the same connection. What a replica or a
  file has brought along has lower numbers than the next one, since the count precedes the answers in what is copied.

So one server at a time, perhaps with replicas to fail over to; not a cluster, nor a proxy that changes servers behind a
connection. It sees what the read models hold: guard it as the database.

Where the server doesn't answer in time, the process goes on without it and tries again behind the requests' backs."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any, Protocol

from api.cache.kept import Answer
from api.cache.sizes import Unit
from api.cache.wire import decoded, encoded, name_of
from events.reachability import Reachability
from web.read_your_writes import LONG_AGO

ANSWER_SECONDS = 0.03  # for a request to the server; a page would rather read for itself than wait longer
DIAL_SECONDS = 1.0
PAUSE_SECONDS = 1.0  # until it is tried again
MOST_LOOKS = 64  # remembered, evenly over the time for which answers are kept
MOST_KEEPING = 64  # answers on their way to the server, in batches; beyond, the fleet does without them
Dial = Callable[[], Awaitable["Connection"]]
Command = tuple[bytes | int, ...]


class Connection(Protocol):
    """One connection to the server. It is never made anew."""

    async def transact(self, commands: Sequence[Command]) -> list[Any]:
        """The results of commands that are done as one. Raises anything if one of them, or the connection, failed."""
        ...

    async def close(self) -> None:
        """Closes it. Raises nothing."""
        ...


class AnotherCount(Exception):
    """The server no longer has the count that this connection began with."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to keep what is read from now on: the number of a look, of a connection."""

    session: "Session"
    number: int


class Session:
    """One connection, the count that it goes by, and the looks that were made over it."""

    def __init__(self, connection: Connection, keyspace: bytes, count: bytes, every: float, clock: Callable[[], float]):
        self.connection = connection
        self._counter, self._count, self._prefix = counter(keyspace), count, keyspace + b":" + count
        self._every, self._clock = every, clock
        self._moments: list[float] = []  # before each look, rising
        self._numbers: list[int] = []  # that it was given, rising
        self._turn = asyncio.Lock()

    async def look(self, units: Sequence[Unit]) -> tuple[Ticket, dict[Unit, Answer]]:
        """What is kept of these units that this process can use, and the right to keep the rest.

        Raises AnotherCount, NotAnAnswer, or what the connection raises."""
        names = [self._prefix + name_of(unit) for unit in units]
        async with self._turn:
            moment = self._clock()
            commands: list[Command] = [(b"HGET", self._counter, b"count"), (b"HINCRBY", self._counter, b"number", 1)]
            count, number, kept = await self.connection.transact([*commands, (b"MGET", *names)])
        if count != self._count:
            raise AnotherCount
        found: dict[Unit, Answer] = {}
        for unit, value in zip(units, kept, strict=True):
            if value is not None:
                of, answer = decoded(unit, value)
                earlier = bisect_left(self._numbers, of)
                if earlier:
                    found[unit] = Answer(self._moments[earlier - 1], answer)
        self._remember(moment, number)
        return Ticket(self, number), found

    def _remember(self, moment: float, number: int) -> None:
        if not self._moments or moment - self._moments[-1] >= self._every:
            self._moments.append(moment)
            self._numbers.append(number)
            if len(self._moments) > MOST_LOOKS:
                del self._moments[0], self._numbers[0]

    async def keep(self, number: int, answers: Mapping[Unit, Answer], milliseconds: int) -> None:
        """Keeps answers whose reads began after a look of this session."""
        values = {self._prefix + name_of(unit): encoded(unit, answer.value, number) for unit, answer in answers.items()}
        async with self._turn:
            await self.connection.transact(
                [(b"SET", name, value, b"PX", milliseconds) for name, value in values.items()]
            )


def counter(keyspace: bytes) -> bytes:
    """The key of the hash with the count's name and its last number."""
    return keyspace + b":count"


class FleetAnswers:
    """The shared answers, as one process uses them. Nothing here raises because of the server."""

    def __init__(
        self,
        dial: Dial,
        reachable: Reachability,
        *,
        keyspace: str,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._dial, self._reachable, self._clock = dial, reachable, clock
        self._keyspace, self._seconds = keyspace.encode(), seconds
        self._session: Session | None = None
        self._not_before = LONG_AGO  # when the server is tried again
        self._dialing: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def look(self, units: Sequence[Unit]) -> tuple[Ticket | None, dict[Unit, Answer]]:
        """What the fleet has of these units, and the ticket to keep what is read of the others from now on."""
        session = self._session
        if session is None:
            self._try_again()
            return None, {}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await session.look(units)
        except Exception as error:
            self._lost(session, error)
            return None, {}

    def keep(self, ticket: Ticket, answers: Mapping[Unit, Answer]) -> None:
        """Gives the fleet answers whose reads began after the ticket's look, without waiting for it."""
        if ticket.session is self._session and len(self._tasks) < MOST_KEEPING:
            self._behind(self._keep(ticket, answers))

    async def _keep(self, ticket: Ticket, answers: Mapping[Unit, Answer]) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await ticket.session.keep(ticket.number, answers, max(1, round(self._seconds * 1000)))
        except Exception as error:
            self._lost(ticket.session, error)

    def _lost(self, session: Session, error: Exception) -> None:
        if self._session is session:
            self._session, self._not_before = None, self._clock() + PAUSE_SECONDS
            self._reachable.failed(error)
            self._behind(session.connection.close())

    def _try_again(self) -> None:
        if self._clock() >= self._not_before and (self._dialing is None or self._dialing.done()):
            self._dialing = self._behind(self.connect())

    async def connect(self) -> None:
        """Tries to reach the server, once."""
        connection: Connection | None = None
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                connection = await self._dial()
                key = counter(self._keyspace)
                begin = [(b"HSETNX", key, b"count", token_bytes(12)), (b"HGET", key, b"count")]
                _, count = await connection.transact(begin)
        except Exception as error:
            self._not_before = self._clock() + PAUSE_SECONDS
            self._reachable.failed(error)
            if connection is not None:
                await connection.close()
        else:
            self._session = Session(connection, self._keyspace, count, self._seconds / MOST_LOOKS, self._clock)
            self._reachable.answered()

    def _behind(self, work: Any) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name="fleet-cache")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Ends what is under way, and the connection."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._session is not None:
            await self._session.connection.close()
            self._session = None
