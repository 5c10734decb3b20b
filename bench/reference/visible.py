"""The reference of `visible`: consumes one record at a time and inserts a row.

python -m bench.reference.visible TOPIC
"""

import io
import sys
import threading

import fastavro
from confluent_kafka import Consumer, TopicPartition

from bench.harness.process import reply, serve_requests
from events.codec import SCHEMA_OF
from events.generated import MemberJoined
from events.settings import Settings
from events.topics import even
from projections.store.cassandra import connect
from projections.store.roles import WORKER


def main(topic: str) -> None:
    """Runs until the parent closes our standard input."""
    settings = Settings()
    session = connect(settings, WORKER, settings.worker_password)
    insert = session.prepare(f"INSERT INTO {settings.keyspace}.bare (id, member, at) VALUES (?, ?, ?)")
    schema = fastavro.parse_schema(dict(SCHEMA_OF[MemberJoined].avro))
    consumer = Consumer(
        {"bootstrap.servers": settings.bootstrap, "group.id": "bench-bare", "enable.auto.commit": False}
    )
    places = [TopicPartition(topic, partition) for partition in even(settings.partitions).each(topic)]
    for place in places:  # not OFFSET_END: that is looked up later, and what comes before it would be left out
        place.offset = consumer.get_watermark_offsets(place, timeout=30)[1]
    consumer.assign(places)
    consumer.poll(1)
    threading.Thread(target=serve_requests, args=(lambda _: None,), daemon=True).start()
    reply("ready")
    while True:
        message = consumer.poll(1)
        if message is None or message.error():
            continue
        event = fastavro.schemaless_reader(io.BytesIO(message.value() or b""), schema)
        assert isinstance(event, dict)
        session.execute(insert, (event["event_id"], event["member_id"], message.offset()))


if __name__ == "__main__":
    main(sys.argv[1])
