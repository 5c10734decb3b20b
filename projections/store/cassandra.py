"""The store in Cassandra prepares statements, writes in single-partition batches, and raises two kinds of errors."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from cassandra import AuthenticationFailed, ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.query import PreparedStatement, tuple_factory

from events.reachability import reachability
from events.settings import Settings
from events.topics import Partitioning
from projections.partitions import read_partitioning
from projections.projection import GENERATION
from projections.store.conditions import between, equal
from projections.store.connection import REQUEST_SECONDS, WRONG_PASSWORD, timings
from projections.store.direct.connection import AskTheDriver
from projections.store.direct.connections import Connections, kept_connections
from projections.store.direct.read import Read
from projections.store.errors import classified
from projections.store.in_flight import Completion, Pipeline
from projections.store.inserts import Insert, request_of
from projections.store.many import ReadsOfMany
from projections.store.nodes import Outages, database, note
from projections.store.plan import OwnerFirst
from projections.store.protocol import LoginRefused, StoreUnavailable, Unstorable, by_partition
from projections.store.ring import Ring
from projections.store.starts import NodeStarts
from projections.store.table import Stamped, Table
from projections.store.turns import Rows

IN_FLIGHT = 128  # requests at a time, per process: enough to keep a node busy, few enough to stay below its timeouts


def connect(settings: Settings, user: str, password: str) -> Session:
    """A session as one of Darkroom's roles. Raises StoreUnavailable if no node answers, LoginRefused if one refuses."""
    profile = ExecutionProfile(
        load_balancing_policy=OwnerFirst(),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
        row_factory=tuple_factory,
        request_timeout=REQUEST_SECONDS,
    )
    cluster = Cluster(
        settings.contact_points,
        port=settings.cassandra_port,
        auth_provider=PlainTextAuthProvider(user, password),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        protocol_version=5,
        schema_metadata_enabled=False,
        token_metadata_enabled=True,
        **timings(),
    )
    try:
        session = cluster.connect()
        # No paging: a query without a LIMIT wants all rows, and only the first page would arrive.
        session.default_fetch_size = None  # pyright: ignore[reportAttributeAccessIssue]
        return session
    except NoHostAvailable as error:
        cluster.shutdown()
        for refusal in getattr(error, "errors", {}).values():
            if isinstance(refusal, AuthenticationFailed) and WRONG_PASSWORD in str(refusal):  # not: can't tell just now
                raise LoginRefused(f"it has no role {user}, or not with our password: {refusal}") from error
        raise StoreUnavailable(f"Cassandra at {settings.contact_points}: {error}") from error


def disconnect(session: Session) -> None:
    """Closes a session and its connections."""
    if session.cluster is not None:
        session.cluster.shutdown()


@asynccontextmanager
async def connected(settings: Settings, user: str, password: str) -> AsyncGenerator["CassandraStore"]:
    """A store as one of Darkroom's roles, with connections of its own to read over, for the block.

    Raises NotWrittenDown, StoreUnavailable."""
    session = await asyncio.to_thread(connect, settings, user, password)
    try:
        async with kept_connections(session) as direct:
            yield await opened(session, settings.keyspace, direct)
    finally:
        await asyncio.to_thread(disconnect, session)


async def opened(session: Session, keyspace: str, direct: Connections | None = None) -> "CassandraStore":
    """The store of a keyspace that knows how its log is divided. Raises NotWrittenDown, StoreUnavailable."""
    return CassandraStore(session, keyspace, await read_partitioning(CassandraStore(session, keyspace)), direct)


class CassandraStore:
    """See Store. Rows are read over the `direct` connections, if it is given some, and else over the driver's."""

    def __init__(
        self,
        session: Session,
        keyspace: str,
        partitioning: Partitioning | None = None,
        direct: Connections | None = None,
    ):
        """`partitioning`: what is written down in the keyspace (`opened`); without it, no shard can be computed."""
        self._session, self._keyspace, self._partitioning = session, keyspace, partitioning
        self._direct = direct
        self._outages = Outages()
        self._reachable = reachability("Cassandra")
        if session.cluster is not None:
            session.cluster.register_listener(self._outages)
            self._reachable = database(session.cluster)
        self.nodes = NodeStarts(self.execute, keyspace, lambda: self.outages)
        self._owners = Ring(session, keyspace, self.execute).owners
        reads = ReadsOfMany(self._select, self._owners)
        self.get_many, self.slice_many = reads.get_many, reads.slice_many
        self.merge_slices, self.pick_many = reads.merge_slices, reads.pick_many
        self._statements: dict[Any, PreparedStatement] = {}
        self._preparing: dict[str, asyncio.Task[PreparedStatement]] = {}
        self._inserts: dict[tuple[Table, tuple[str, ...]], Insert] = {}
        self._selects: dict[tuple[Table, str, str], str] = {}
        self._reads: dict[str, Read] = {}
        self._pipeline: Pipeline | None = None

    @property
    def partitioning(self) -> Partitioning:
        """See Store. Raises LookupError if the store was made without it."""
        if self._partitioning is None:
            raise LookupError("the store was made without how its log is divided: see `opened`")
        return self._partitioning

    @property
    def outages(self) -> int:
        """See Store."""
        return self._outages.count

    @property
    def sent(self) -> int:
        """How many requests were sent in this event loop."""
        return self._current_pipeline().sent

    def physical(self, table: Table) -> str:
        """The table's name in its generation, with its keyspace."""
        return f"{self._keyspace}.{table.name}_{GENERATION}"

    async def write(self, rows: Sequence[Stamped]) -> None:
        """See Store."""
        await self.write_all(by_partition(rows))

    async def write_together(self, rows: Sequence[Stamped]) -> None:
        """See Store."""
        await self.write_all([rows])

    async def write_all(self, groups: Sequence[Sequence[Stamped]]) -> None:
        """Writes groups of rows, each of one partition key and together. Raises Unstorable or StoreUnavailable."""
        if not groups:
            return
        for group in groups:
            for row in group:
                if (row.upsert.table, row.upsert.columns) not in self._inserts:
                    await self._insert(row.upsert.table, row.upsert.columns)
        pipeline = self._current_pipeline()
        completion = Completion(len(groups), pipeline.loop)
        for group in groups:
            urgent = group[0].upsert.table.urgent
            pipeline.send(partial(self._request, group), completion.count_down, completion.future, urgent=urgent)
        failures = [self._note(failure) for failure in await completion.future]
        if not failures:
            self._reachable.answered()
        for kind in (Unstorable, StoreUnavailable):  # Unstorable first: the caller then looks for the row
            for failure in failures:
                if isinstance(failure, kind):
                    raise failure

    def _request(self, rows: Sequence[Stamped]) -> Any:
        return request_of([self._inserts[row.upsert.table, row.upsert.columns] for row in rows], rows)

    async def get(self, table: Table, *key: Any) -> Any:
        """See Store."""
        found = await self._select_at(table, key, equal(table.key), key)
        return found[0] if found else None

    async def slice(
        self,
        table: Table,
        *partition: Any,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[Any]:
        """See Store."""
        where, bounds = between(table, after, upto)
        values = (*partition, *bounds, limit)
        return await self._select_at(table, partition, equal(table.partition) + where, values, " LIMIT ?")

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """See Store."""
        where = equal(table.partition) + equal(table.clustering[:1], several=0)
        return await self._select_at(table, partition, where, (*partition, list(firsts)))

    async def _select_at(
        self, table: Table, key: tuple[Any, ...], where: str, values: tuple[Any, ...], end: str = ""
    ) -> list[Any]:
        """Rows of the partition with this key (which may go on), asked for at the node that it belongs to."""
        owner_of = await self._owners(table)
        return await self._select(table, where, values, end, owner_of(key) if owner_of else None)

    async def _select(
        self, table: Table, where: str, values: tuple[Any, ...], end: str = "", node: Any = None
    ) -> list[Any]:
        cql = self._selects.get((table, where, end))
        if cql is None:
            columns = ", ".join(table.columns)
            cql = f"SELECT {columns} FROM {self.physical(table)} WHERE {where.removeprefix(' AND ')}{end}"
            self._selects[table, where, end] = cql
        if self._direct is not None and (place := self._direct.to(node)) is not None:
            read = self._reads.get(cql)
            if read is None:
                read = self._reads[cql] = Read(await self._statement(cql), table)
            node, connection = place
            try:
                rows = await connection.rows(read, values)
            except AskTheDriver:  # of the same node: if it has forgotten the statement, the driver prepares it again
                pass
            except Exception as error:
                raise self._note(error) from error
            else:
                self._reachable.answered()
                return rows
        return list(map(table.read, await self.execute(cql, values, node, urgent=table.urgent)))

    async def _insert(self, table: Table, columns: tuple[str, ...]) -> None:
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        cql = f"INSERT INTO {self.physical(table)} ({names}) VALUES ({marks}) USING TIMESTAMP ?"
        self._inserts[table, columns] = Insert(await self._prepare(cql), table, columns)

    async def execute(
        self, cql: str, values: Sequence[Any] = (), node: Any = None, *, urgent: bool = False
    ) -> list[tuple[Any, ...]]:
        """A statement's rows, for what isn't a read model: claims, keys, redrive requests.

        `node`: the driver's Host to ask; if it can't be reached, any is. `urgent`: before all that waits.
        Raises Unstorable or StoreUnavailable."""
        return await self._execute((await self._statement(cql)).bind(values), node, urgent)

    async def _statement(self, cql: str) -> PreparedStatement:
        statement = self._statements.get(cql)
        if statement is None:
            statement = self._statements[cql] = await self._prepare(cql)
        return statement

    async def _prepare(self, cql: str) -> PreparedStatement:
        """Prepares a statement once, even for concurrent callers."""
        task = self._preparing.get(cql)
        if task is None:
            task = self._preparing[cql] = asyncio.create_task(asyncio.to_thread(self._session.prepare, cql))
            task.add_done_callback(lambda _: self._preparing.pop(cql, None))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever asked may have gone
        try:
            return await asyncio.shield(task)
        except Exception as error:
            self._note(error)
            raise StoreUnavailable(f"{type(error).__name__}: {error}") from error

    async def _execute(self, request: Any, node: Any, urgent: bool) -> Rows:
        pipeline = self._current_pipeline()
        answer: asyncio.Future[Rows] = pipeline.loop.create_future()

        def callback(rows: Rows, failure: Exception | None) -> None:
            if failure is None:
                self._reachable.answered()
            outcome = self._note(failure) if failure else None
            if not answer.done():
                answer.set_exception(outcome) if outcome else answer.set_result(rows)

        def or_elsewhere(rows: Rows, failure: Exception | None) -> None:
            if isinstance(failure, NoHostAvailable):  # of the one node that could be asked
                pipeline.send(lambda: request, callback, answer, urgent=urgent)
            else:
                callback(rows, failure)

        pipeline.send(lambda: request, or_elsewhere if node else callback, answer, node, urgent=urgent)
        return await answer

    def _note(self, error: Exception) -> Exception:
        """A driver's error as one of ours; what it says of the database is noted."""
        if isinstance(ours := classified(error), StoreUnavailable):
            note(self._reachable, error)
        return ours

    def _current_pipeline(self) -> Pipeline:
        loop = asyncio.get_running_loop()
        if self._pipeline is None or self._pipeline.loop is not loop:
            self._pipeline = Pipeline(self._session, IN_FLIGHT, loop)
        return self._pipeline
