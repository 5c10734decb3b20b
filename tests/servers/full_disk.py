"""Kafka and Cassandra supervised on a disk that fills up: `unshare -rm python -m tests.servers.full_disk HOME`.

It mounts a small tmpfs of its own on HOME, which goes with its mount namespace. Prints what the supervisor said, a line
each, and last `{"full": …, "status": […], "seconds": …}`: each server's state and reason while the disk was full, what
`darkroom status` says of them, and how long after there was room both were ready. Exits with 0 if all that they had
acknowledged is still there."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from events.settings import Settings
from ops.commands.status import process_rows, reasons
from ops.local_servers import on_free_ports
from ops.secrets import with_secrets
from ops.servers import cassandra, cql, kafka
from ops.servers.java import START_FAST
from ops.supervisor import up_file
from ops.supervisor.supervisor import Supervisor
from tests.servers.disks import fill, mount_small_disk, supervised

MEGABYTES = 600
PATIENCE = 90.0  # seconds, on a machine that does other things as well
RECORD = b"x" * 100_000


class Kafka:
    """Records that the log has acknowledged."""

    def __init__(self, settings: Settings) -> None:
        options: dict[str, Any] = {"bootstrap.servers": settings.bootstrap, "log_level": 0, "message.timeout.ms": 3000}
        self._producer, self._admin = Producer(options | {"acks": "all", "linger.ms": 0}), AdminClient(options)
        self.written = 0

    def begin(self) -> None:
        """Creates what is written to."""
        self._admin.create_topics([NewTopic("filling", 1, 1)])["filling"].result(30)

    def write(self) -> None:
        """Writes for a moment."""
        for _ in range(20):
            self._producer.produce("filling", RECORD, on_delivery=self._delivered)
        self._producer.flush(5)

    def _delivered(self, error: Any, _: Any) -> None:
        self.written += error is None

    def kept(self) -> int:
        """How much of what was written is there."""
        latest: Any = OffsetSpec.latest()
        (found,) = self._admin.list_offsets({TopicPartition("filling", 0): latest}).values()
        return found.result(30).offset


class Cassandra:
    """Rows that the database has acknowledged."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.written = 0

    def _run(self, statement: str) -> int:
        settings = self._settings
        with cql.Connection(
            settings.host, settings.cassandra_port, user=cassandra.SUPERUSER, password=settings.cassandra_password
        ) as admin:
            return admin.run(statement)

    def begin(self) -> None:
        """Creates what is written to."""
        self._run("CREATE KEYSPACE filling WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
        self._run("CREATE TABLE filling.rows (a int PRIMARY KEY, b text)")

    def write(self) -> None:
        """Writes for a moment."""
        settings = self._settings
        with cql.Connection(
            settings.host, settings.cassandra_port, user=cassandra.SUPERUSER, password=settings.cassandra_password
        ) as admin:
            for _ in range(20):
                admin.run(f"INSERT INTO filling.rows (a, b) VALUES ({self.written}, '{'x' * 100_000}')")
                self.written += 1

    def kept(self) -> int:
        """How much of what was written is there."""
        return self._run("SELECT a FROM filling.rows")


def until(condition: Callable[[], object], what: str) -> float:
    """Returns when a condition holds, after how many seconds; AssertionError if that takes too long."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < PATIENCE, what
        time.sleep(0.05)
    return time.monotonic() - began


def stopped_by_a_full_disk(home: Path, settings: Settings, supervisor: Supervisor) -> dict[str, Any]:
    """Fills the disk, waits until both servers have died of it, makes room, and waits until both are ready."""
    children = supervisor.children.all
    written = (Kafka(settings), Cassandra(settings))
    for each in written:
        each.begin()
        each.write()
    filler = fill(home)

    def died() -> bool:
        for each in written:
            with suppress(OSError, cql.Refused):
                each.write()
        return all(child.state == "no room" for child in children)

    until(died, "they didn't die of a full disk")
    full = {child.program.name: (child.state, child.reason, child.restarts) for child in children}
    up = up_file.read(home)
    assert up is not None
    status = reasons(process_rows(up, settings))
    filler.unlink()
    seconds = until(lambda: all(child.state == "ready" for child in children), "they weren't ready again")
    for each in written:
        assert each.kept() >= each.written, (type(each).__name__, each.kept(), each.written)
    return {"full": full, "status": status, "seconds": round(seconds, 1)}


def main(home: Path) -> None:
    """Runs it."""
    mount_small_disk(home, MEGABYTES)
    settings = with_secrets(on_free_ports(Settings.model_validate({"home": home, "java_options": START_FAST})))
    servers = [kafka.server(settings), cassandra.server(settings)]

    def say(line: str) -> None:
        print(line, flush=True)

    supervisor = Supervisor(settings, local=servers, own=[], on_change=lambda _: None, show_line=say)
    supervised(supervisor, lambda: say(json.dumps(stopped_by_a_full_disk(home, settings, supervisor))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
