"""Runs the reference of `apply_*`: what one would write by hand if speed for these events were all that counts.

    python -m bench.reference.apply TOPIC '{"0": 17, …}'       (the offset after the last record that is of no interest)

confluent-kafka, plain fastavro, the driver's batches. One thread makes statements; the driver's own sends them. It
writes the rows that we write, in the same batches of partitions, with the same stamps, and has as many in flight. What
it leaves out is what makes it right: checks, retries, dead letters, leases.
"""

import gc
import io
import json
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from functools import partial
from queue import SimpleQueue
from typing import Any

import fastavro
from cassandra.cluster import Session
from cassandra.query import BatchStatement, BatchType, PreparedStatement
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient

from bench.harness.process import reply, serve_requests
from bench.reference.folds import (
    CONSTANTS,
    FOLDS,
    NIL,
    SETS,
    SPLITS,
    Change,
    Row,
    count_row,
    fold_set,
    progress_row,
)
from events.settings import Settings
from processors.worker import COLLECT_AFTER
from projections.catalog import of_topic
from projections.store.cassandra import IN_FLIGHT, connect
from projections.store.roles import WORKER

AT_ONCE = 2000  # records of one partition between two writes of its progress, as ours
ROWS_A_BATCH = 64
CHANGES_A_ROUND = 64

REMEMBERED = 40_000  # rows that are nothing but their key

OffsetValue = tuple[int, bytes]  # offset, value
OffsetChange = tuple[int, str, Change]  # offset, tally
Callback = Callable[[list[tuple[Any, ...]]], None]


class Writer:
    """Sends requests to Cassandra, a bounded number at a time; the callbacks run in the one thread."""

    def __init__(self, session: Session, keyspace: str):
        self._session, self._keyspace = session, keyspace
        self._statements: dict[Any, PreparedStatement] = {}
        self._results: SimpleQueue[tuple[Callback | None, Any]] = SimpleQueue()
        self._waiting: deque[tuple[Any, Callback]] = deque()
        self._in_flight = 0
        self.sent = 0  # requests

    def write(self, rows: list[Row], callback: Callback | None = None) -> None:
        """Writes one partition's rows together."""
        if len(rows) == 1:
            table, columns, values, stamp = rows[0]
            self._send(self._insert(table, columns).bind((*values, stamp)), callback)
            return
        batch = BatchStatement(BatchType.UNLOGGED)
        for table, columns, values, stamp in rows:
            batch.add(self._insert(table, columns), (*values, stamp))
        self._send(batch, callback)

    def pick(self, table: str, entity: Any, shard: int, ids: Iterable[Any], callback: Callback) -> None:
        """Reads the rows of some beginnings, their members' own, and the shard's."""
        statement = self._statements.get(("pick", table))
        if statement is None:
            columns = "member, beginning, begun, ended, within, times, total, latest, position"
            statement = self._statements["pick", table] = self._session.prepare(
                f"SELECT {columns} FROM {self._keyspace}.{table}_1 WHERE entity = ? AND shard = ? AND beginning IN ?"
            )
        self._send(statement.bind((entity, shard, list(ids))), callback)

    def _insert(self, table: str, columns: tuple[str, ...]) -> PreparedStatement:
        known = self._statements.get((table, columns))
        if known is None:
            marks = ", ".join("?" * len(columns))
            cql = f"INSERT INTO {self._keyspace}.{table}_1 ({', '.join(columns)}) VALUES ({marks}) USING TIMESTAMP ?"
            known = self._statements[table, columns] = self._session.prepare(cql)
        return known

    def _send(self, request: Any, callback: Callback | None) -> None:
        while self._in_flight >= IN_FLIGHT:
            self._receive()
        self._in_flight += 1
        self.sent += 1
        put = self._results.put
        self._session.execute_async(request).add_callbacks(
            lambda rows: put((callback, rows or [])), lambda error: put((None, error))
        )

    def _receive(self) -> None:
        callback, rows = self._results.get()
        self._in_flight -= 1
        if isinstance(rows, Exception):
            raise rows
        if callback is not None:
            self._waiting.append((rows, callback))

    def settle(self) -> None:
        """Returns when all requests, and those that followed from them, have been answered."""
        while self._in_flight or self._waiting:
            while self._waiting:
                rows, callback = self._waiting.popleft()
                callback(rows)
            if self._in_flight:
                self._receive()


class ReferenceProjector:
    """Folds one topic's records: all partitions' batches side by side, step by step."""

    def __init__(self, topic: str, writer: Writer, schema_of: Callable[[int], Any]):
        self._topic, self._writer, self._schema_of = topic, writer, schema_of
        self._schemas: dict[bytes, tuple[str, Any]] = {}
        self._names = [each.name for each in of_topic(topic)]
        self._written: dict[tuple[Any, ...], None] = {}  # rows that never change

    def _decode(self, value: bytes) -> tuple[str, dict[str, Any]]:
        known = self._schemas.get(value[:5])
        if known is None:
            avro = json.loads(self._schema_of(int.from_bytes(value[1:5], "big")))
            known = self._schemas[value[:5]] = (avro["name"], fastavro.parse_schema(avro))
        return known[0], fastavro.schemaless_reader(io.BytesIO(value[5:]), known[1])  # type: ignore[return-value]

    def apply(self, batches: dict[int, list[OffsetValue]]) -> None:
        """Stores what a batch of each partition folds to, and their progress."""
        write, settle = self._writer.write, self._writer.settle
        sets: dict[tuple[Any, int, int], list[OffsetChange]] = defaultdict(list)
        last: dict[tuple[Any, int], list[Row]] = defaultdict(list)  # of one partition key each, as the counts are
        for partition, records in batches.items():
            groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
            for offset, value in records:
                name, event = self._decode(value)
                for key, row in FOLDS[name](event, partition, offset * 1024):
                    groups[key].append(row)
                for row in CONSTANTS[name](event, offset * 1024) if name in CONSTANTS else ():
                    if (row[0], row[2]) not in self._written:
                        self._written[row[0], row[2]] = None
                        last[row[2][0], partition].append(row)
                for tally, change in SETS[name](event):
                    splits = SPLITS.get(tally, 1)
                    shard = partition * splits + change[2].int % splits
                    sets[change[1], shard, partition].append((offset, tally, change))
            for group in groups.values():
                for i in range(0, len(group), ROWS_A_BATCH):
                    write(group[i : i + ROWS_A_BATCH])
        settle()
        for (entity, shard, partition), changes in sets.items():
            self._fold(entity, shard, changes, last[entity, partition])
        settle()
        for rows in last.values():
            write(rows)
        settle()
        while len(self._written) > REMEMBERED:
            del self._written[next(iter(self._written))]
        for partition, records in batches.items():
            end = records[-1][0] + 1
            write([progress_row(self._topic, partition, name, end) for name in self._names])
        settle()

    def _fold(self, entity: Any, shard: int, changes: list[OffsetChange], last: list[Row]) -> None:
        """Folds the changes of an entity's sets: each is read, and all are written together."""
        part, rest = changes[:CHANGES_A_ROUND], changes[CHANGES_A_ROUND:]
        sets: dict[str, list[tuple[int, Change]]] = defaultdict(list)
        for offset, tally, change in part:
            sets[tally].append((offset, change))
        rows: list[Row] = []
        unread = len(sets)

        def read(tally: str, known: list[tuple[Any, ...]]) -> None:
            nonlocal unread
            unread -= 1
            more, total, latest, stamp = fold_set(tally, entity, shard, known, sets[tally])
            rows.extend(more)
            if all(tally != later for _, later, _ in rest):
                last.append(count_row(tally, entity, shard, total, latest, stamp))
            if not unread:
                self._writer.write(rows, (lambda _: self._fold(entity, shard, rest, last)) if rest else None)

        for tally, theirs in sets.items():
            ids = {NIL, *(each for _, change in theirs for each in change[2:4])}
            self._writer.pick(tally, entity, shard, ids, partial(read, tally))


def main(topic: str, starts: dict[str, int]) -> None:
    """Runs until the parent closes our standard input."""
    settings = Settings()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    writer = Writer(connect(settings, WORKER, settings.worker_password), settings.keyspace)
    registry = SchemaRegistryClient({"url": settings.registry_url})
    plain = ReferenceProjector(topic, writer, lambda schema_id: registry.get_schema(schema_id).schema_str)
    consumer = Consumer(
        {
            "bootstrap.servers": settings.bootstrap,
            "group.id": f"plain-{settings.keyspace}",
            "enable.auto.commit": False,
            "fetch.message.max.bytes": 2 << 20,
            "queued.max.messages.kbytes": 256 << 10,
            "fetch.wait.max.ms": 25,
        }
    )
    consumer.assign([TopicPartition(topic, int(partition), offset) for partition, offset in starts.items()])

    def apply_next(records: int) -> None:
        began, spent, sent, done = time.perf_counter(), time.process_time(), writer.sent, 0
        while done < records:
            waiting: dict[int, list[OffsetValue]] = defaultdict(list)
            for message in consumer.consume(AT_ONCE * len(starts), 0.05):
                waiting[message.partition() or 0].append((message.offset() or 0, message.value() or b""))
            done += sum(map(len, waiting.values()))
            while waiting:
                plain.apply({partition: records[:AT_ONCE] for partition, records in waiting.items()})
                waiting = {p: rest for p, records in waiting.items() if (rest := records[AT_ONCE:])}
        cpu = time.process_time() - spent
        seconds = time.perf_counter() - began
        reply({"records": done, "seconds": seconds, "cpu": cpu, "requests": writer.sent - sent})

    serve_requests(apply_next)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
