"""copies: microseconds a record for passing by copies, against decoding each record to get at its event id.

The reference is what a consumer does that has a record's fields anyway: fastavro, and a dictionary of ids. What a
record's id takes in memory, for as long as it is remembered, is printed.
"""

import io
import random
import time
import tracemalloc
from itertools import islice

import fastavro
from aiokafka import ConsumerRecord

from bench.harness.figure import Figure, compared
from bench.harness.servers import BenchServers
from bench.harness.stream import an_id, likes
from events.codec import HEADER
from events.schema import all_schemas
from processors.handlers.batch import MAX_RECORDS, Record
from processors.handlers.copies import Copies
from processors.handlers.handler import COPY_WINDOW_MS

COUNT, ROUNDS = 100_000, 5
SCHEMAS = list(all_schemas().values())


def records() -> list[Record]:
    """Makes likes as they are fetched, a millisecond apart."""
    chance = random.Random(5)
    ids = {schema.full_name: number for number, schema in enumerate(SCHEMAS)}
    stream = likes(ids, chance, photos=1000, people=1000)
    return [
        ConsumerRecord("reactions", 0, offset, offset, 1, str(an_id(chance)).encode(), value, None, 36, len(value), ())
        for offset, (_, _, value) in enumerate(islice(stream, COUNT))
    ]


def ours(batches: list[list[Record]]) -> Copies:
    """Passes by what is a copy."""
    copies = Copies(COPY_WINDOW_MS)
    for batch in batches:
        assert copies.show(batch) is None
        copies.without(batch)
    return copies


def reference(batches: list[list[Record]]) -> None:
    """Decodes each record, and looks its id up."""
    parsed = [fastavro.parse_schema(dict(schema.avro)) for schema in SCHEMAS]
    seen: dict[object, int] = {}
    for batch in batches:
        for record in batch:
            assert record.value is not None
            _, schema_id = HEADER.unpack_from(record.value)
            fields = fastavro.schemaless_reader(io.BytesIO(record.value[HEADER.size :]), parsed[schema_id], None)
            assert isinstance(fields, dict)
            seen.setdefault(fields["event_id"], record.timestamp)


def measure(servers: BenchServers) -> dict[str, Figure]:
    """Measures both sides, in turn."""
    made = records()
    batches = [made[i : i + MAX_RECORDS] for i in range(0, COUNT, MAX_RECORDS)]
    spent: dict[str, list[float]] = {"ours": [], "reference": []}
    for _ in range(ROUNDS):
        for name, side in (("ours", ours), ("reference", reference)):
            began = time.process_time()
            side(batches)
            spent[name].append((time.process_time() - began) / COUNT * 1e6)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = ours(batches)
    bytes_each = (tracemalloc.get_traced_memory()[0] - before) / COUNT
    tracemalloc.stop()
    assert kept.next_offset == COUNT
    servers.say(f"copies: {bytes_each:.0f} bytes a record that is remembered")
    return {"copies": compared(ours=spent["ours"], reference=spent["reference"], unit="µs a record")}
