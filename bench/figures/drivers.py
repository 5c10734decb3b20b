"""drivers: what a read costs the process that asks, over the driver, over our own connections, and over acsylla.

python -m bench.figures.drivers [--rounds N]

A read of one row, of 30 photos in one `IN` (six rows each), and of 40 entities' counts (six rows each), until the rows
are our dataclasses; from one caller and from sixteen. All in one process and by turns, on one Cassandra of its own.
CPU is the whole process's, the driver's and acsylla's own threads included. acsylla isn't among our packages: it is
measured if it is installed (`.venv/bin/uv pip install acsylla==1.2.0`).
"""

import asyncio
import importlib
import random
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import click
import uvloop

from events.ids import NIL
from events.settings import Settings
from ops.local_servers import local_cluster
from ops.provision import create_tables
from projections.accounts.users import USERS
from projections.photos.photo import PHOTO
from projections.store.cassandra import CassandraStore, connect, connected, disconnect
from projections.store.direct.connections import kept_connections
from projections.store.roles import API, WORKER
from projections.store.table import Stamped, Table
from projections.tally.counts import COUNTS

PEOPLE, ROLLS, SHARDS = 300, 5, 3
WARM_UP = 50
Key = tuple[Any, ...]
Ask = Callable[["Case", list[Key]], Awaitable[list[Any]]]


@dataclass(frozen=True)
class Case:
    """One kind of read: of so many keys, which have so many rows in all; `times`: how often in a round."""

    name: str
    table: Table
    keys: int
    rows: int
    times: int

    def cql(self, keyspace: str) -> str:
        """The statement."""
        sign = "=" if self.keys == 1 else "IN"
        columns = ", ".join(self.table.columns)
        return f"SELECT {columns} FROM {keyspace}.{self.table.name}_1 WHERE {self.table.columns[0]} {sign} ?"


CASES = (
    Case("one row", USERS, 1, 1, 400),
    Case("30 photos", PHOTO, 30, 30 * (1 + ROLLS), 100),
    Case("40 counts", COUNTS, 40, 40 * 2 * SHARDS, 100),
)


def rows_of(person: UUID, chance: random.Random) -> list[Stamped]:
    """Somebody, a photo in five rolls under the same id, and its counts."""
    now = datetime.now(UTC)
    sizes = {f"{size}_{side}": number for size, number in (("full", 2048), ("feed", 1080), ("thumb", 320))
             for side, number in (("width", number), ("height", number * 3 // 4))}  # fmt: skip
    keys = {f"{size}_key": f"photos/{person}/{size}.jpg" for size in ("full", "feed", "thumb")}
    photo = {"owner_id": person, "taken_at": now, "develops_at": now, "on_profile": True, "developed": True}
    found = [
        USERS.upsert(user_id=person, handle="somebody", display_name="Some Body", active=True, registered_at=now),
        PHOTO.upsert(photo_id=person, roll_id=NIL, placement_id=NIL, blurhash="LKO2?U%2Tw=w]~RBVZRi};RPxuwH",
                     object_key=f"uploads/{person}", etag="e", filter_version="1", **photo, **sizes, **keys),
    ]  # fmt: skip
    for _ in range(ROLLS):
        roll, placement = (UUID(int=chance.getrandbits(128), version=4) for _ in range(2))
        found.append(PHOTO.upsert(photo_id=person, roll_id=roll, placement_id=placement, placed=True))
    for kind in ("likers", "commented"):
        for shard in range(SHARDS):
            found.append(COUNTS.upsert(entity=person, kind=kind, shard=shard, generation=1, total=5, latest=5000))
    return [Stamped(upsert, 1) for upsert in found]


@asynccontextmanager
async def over_the_store(settings: Settings, *, direct: bool) -> AsyncGenerator[Ask]:
    """Our store, with connections of its own or without."""
    session = await asyncio.to_thread(connect, settings, API, settings.api_password)
    async with AsyncExitStack() as stack:
        stack.callback(disconnect, session)
        connections = await stack.enter_async_context(kept_connections(session)) if direct else None
        if connections is not None:
            await connections.there()
        store = CassandraStore(session, settings.keyspace, direct=connections)

        async def ask(case: Case, keys: list[Key]) -> list[Any]:
            if case.keys == 1:
                return [await store.get(case.table, *keys[0])]
            return [row for rows in await store.slice_many(case.table, keys) for row in rows]

        yield ask


@asynccontextmanager
async def over_acsylla(settings: Settings) -> AsyncGenerator[Ask]:
    """acsylla, as plainly as it does it, to the same dataclasses."""
    acsylla: Any = importlib.import_module("acsylla")
    cluster = acsylla.create_cluster(
        settings.contact_points,
        port=settings.cassandra_port,
        username=API,
        password=settings.api_password,
        consistency=acsylla.Consistency.LOCAL_QUORUM,
    )
    session = await cluster.create_session()
    statements = {case: await session.create_prepared(case.cql(settings.keyspace)) for case in CASES}

    async def ask(case: Case, keys: list[Key]) -> list[Any]:
        statement = statements[case].bind(page_size=10_000)
        statement.bind_list([keys[0][0] if case.keys == 1 else [key[0] for key in keys]])
        return [case.table.row(*row.as_tuple()) for row in await session.execute(statement)]

    yield ask
    await session.close()


@dataclass(frozen=True)
class Cost:
    """Of one read: µs of CPU, and milliseconds until it was answered, at the median."""

    cpu: float
    p50: float


async def measure(ask: Ask, case: Case, people: list[UUID], clients: int) -> Cost:
    """Reads at random, from so many callers at once."""
    took: list[float] = []

    async def read(times: int) -> None:
        for _ in range(times):
            keys = [(person,) for person in random.sample(people, case.keys)]
            began = time.perf_counter()
            found = await ask(case, keys)
            took.append(1e3 * (time.perf_counter() - began))
            assert len(found) == case.rows, len(found)

    await read(WARM_UP)
    took.clear()
    began = time.process_time()
    await asyncio.gather(*(read(case.times // clients) for _ in range(clients)))
    return Cost(1e6 * (time.process_time() - began) / len(took), median(took))


async def compare(settings: Settings, rounds: int) -> None:
    """Fills the tables, measures all by turns, and prints medians."""
    chance = random.Random(7)
    people = [UUID(int=chance.getrandbits(128), version=4) for _ in range(PEOPLE)]
    async with connected(settings, WORKER, settings.worker_password) as store:
        await store.write([row for person in people for row in rows_of(person, chance)])
    async with AsyncExitStack() as stack:
        sides = {"driver": await stack.enter_async_context(over_the_store(settings, direct=False))}
        sides["direct"] = await stack.enter_async_context(over_the_store(settings, direct=True))
        if find_spec("acsylla"):
            sides["acsylla"] = await stack.enter_async_context(over_acsylla(settings))
        click.echo(f"{'':24}" + "".join(f"{name:>24}" for name in sides))
        for clients in (1, 16):
            for case in CASES:
                costs: dict[str, list[Cost]] = {name: [] for name in sides}
                for _ in range(rounds):
                    for name, ask in sides.items():
                        costs[name].append(await measure(ask, case, people, clients))
                told = (f"{median(c.cpu for c in each):8.0f} µs, {median(c.p50 for c in each):6.2f} ms"
                        for each in costs.values())  # fmt: skip
                click.echo(f"{case.name + ', ' + str(clients):24}" + "".join(f"{text:>24}" for text in told))


@click.command()
@click.option("--rounds", default=5, help="Of which the medians are printed.")
def main(rounds: int) -> None:
    """Measure what a read costs the process that asks: µs of CPU and the p50, for one caller and for sixteen."""
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as home:
        given = Settings.model_validate({"home": Path(home)})
        with local_cluster(given, ("127.0.0.1",)) as cluster:
            create_tables(cluster.settings)
            uvloop.run(compare(cluster.settings, rounds))


if __name__ == "__main__":
    main()
