"""Each client says in the log that its server can't be reached, and that it answers again; nothing is said twice."""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from cassandra import InvalidRequest, OperationTimedOut
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.schema_registry.error import SchemaRegistryError

from events import reachability
from events.confluent_registry import ConfluentRegistry
from events.registry import RegistryUnavailable, UnknownSchema
from events.settings import Settings
from processors.log.ends import LogEnds
from processors.object_store import ObjectChanged, ObjectsUnavailable
from processors.objects import Objects
from producers import kafka_watch
from producers.kafka_watch import KafkaWatch
from producers.uploads import S3Uploads, StorageUnavailable
from projections.accounts.users import USERS
from projections.store.cassandra import CassandraStore
from projections.store.nodes import Outages
from projections.store.protocol import StoreUnavailable
from projections.store.table import Stamped
from tests.partitions import PARTITIONING

pytestmark = pytest.mark.anyio

SETTINGS = Settings.model_validate({"s3_secret_key": "secret", "s3": "http://127.0.0.1:1", "kafka": "127.0.0.1:1"})


@pytest.fixture(autouse=True)
def said(caplog: pytest.LogCaptureFixture) -> Iterator["Said"]:
    """What is said of servers in a test; what an earlier test said doesn't count."""
    reachability.reachability.cache_clear()
    yield Said(caplog)
    reachability.reachability.cache_clear()


class Said:
    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def __call__(self) -> list[str]:
        return [one.getMessage() for one in self._caplog.records if one.name == "darkroom.reachability"]


class Response:
    """What the driver answers to one request."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def add_callbacks(self, callback: Any, errback: Any, *, callback_args: Any, errback_args: Any) -> None:
        if self._error:
            errback(self._error, *errback_args)
        else:
            callback([], *callback_args)


class Cluster:
    contact_points, port = ("db.example",), 9042

    def register_listener(self, _: Any) -> None: ...


class Session:
    """A session whose next request meets `error`."""

    cluster = Cluster()

    def __init__(self) -> None:
        self.error: Exception | None = None

    def prepare(self, cql: str) -> Any:
        if self.error:
            raise self.error

        class Statement:
            query_id, column_metadata, result_metadata, keyspace = b"", (), (), None

            def bind(self, values: Any) -> Any:
                return values

        return Statement()

    def execute_async(self, _: Any, *, host: Any) -> Response:
        return Response(self.error)


async def test_the_store_says_when_cassandra_does_not_answer_and_when_it_refuses(said: Said) -> None:
    """Seen to fail with `_note` and `answered` taken out of the store, one by one."""
    session: Any = Session()
    store = CassandraStore(session, "darkroom")
    await store.execute("SELECT 1")
    assert said() == []
    session.error = OperationTimedOut("no host answered")
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await store.execute("SELECT 1")
    (line,) = said()
    assert line.startswith("Cassandra at db.example:9042 can't be reached: OperationTimedOut: ")
    session.error = InvalidRequest("Keyspace darkroom does not exist")
    with pytest.raises(StoreUnavailable):
        await store.execute("SELECT 2")  # prepared first
    assert "answers, but refuses" in said()[-1]
    session.error = None
    await store.execute("SELECT 1")
    assert said()[-1].startswith("Cassandra at db.example:9042 answers again, after ")
    assert len(said()) == 3


async def test_writes_say_so_too(said: Said) -> None:
    session: Any = Session()
    store = CassandraStore(session, "darkroom")
    store._request = lambda group: group  # type: ignore[method-assign]
    rows = [Stamped(USERS.upsert(user_id=uuid4(), display_name="x"), 1)]
    store._inserts[USERS, rows[0].upsert.columns] = None  # type: ignore[assignment]
    session.error = OperationTimedOut("no host answered")
    with pytest.raises(StoreUnavailable):
        await store.write(rows)
    session.error = None
    await store.write(rows)
    assert len(said()) == 2


def test_a_node_that_goes_down_and_up_is_named(said: Said) -> None:
    class Host:
        endpoint = "10.0.0.7:9042"

    outages = Outages()
    outages.on_down(Host())
    outages.on_up(Host())
    assert outages.count == 1
    assert [line.partition(":9042 ")[2].partition(",")[0].partition(":")[0] for line in said()] == [
        "can't be reached",
        "answers again",
    ]


async def test_the_registry_says_so(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = ConfluentRegistry(Settings.model_validate({"registry": "http://registry.example"}))
    errors: list[Exception] = [ConnectionError("refused"), SchemaRegistryError(404, 40403, "no such schema")]

    def fail(_: Any) -> Any:
        raise errors.pop(0)

    monkeypatch.setattr(registry._client, "get_schema", fail)
    with pytest.raises(RegistryUnavailable):
        await registry.schema(1)
    with pytest.raises(UnknownSchema):
        await registry.schema(1)  # which is an answer
    assert said()[0] == "The schema registry at http://registry.example can't be reached: ConnectionError: refused"
    assert len(said()) == 2


async def test_the_object_store_says_so_to_workers_and_to_the_gateway(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects, uploads = Objects(SETTINGS), S3Uploads(SETTINGS)
    answers: list[Any] = []

    def ask(**_: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    calls = {name: staticmethod(ask) for name in ("get_object", "head_object")}
    client: Any = type("Client", (), calls)()
    monkeypatch.setitem(vars(objects), "_client", client)
    monkeypatch.setattr(uploads, "_client", client)
    away = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    skewed = ClientError({"Error": {"Code": "RequestTimeTooSkewed", "Message": "an hour"}}, "HeadObject")
    changed = ClientError({"Error": {"Code": "412", "Message": "no"}}, "GetObject")
    answers[:] = [away, changed, skewed, skewed, {"ETag": '"a"', "ContentLength": 1}]
    with pytest.raises(ObjectsUnavailable):
        await objects.read("a", "e", 1)
    with pytest.raises(ObjectChanged):
        await objects.read("a", "e", 1)
    with pytest.raises(StorageUnavailable):
        await uploads.find("a")
    assert await uploads.find("a") is not None
    assert [line.removeprefix("The object store at http://127.0.0.1:1 ").partition(":")[0] for line in said()] == [
        "can't be reached",
        "answers again, after 0 s",
        "answers, but refuses",
        "answers again, after 0 s",
    ]


class Asked:
    """A producer of which a topic list is asked."""

    def __init__(self) -> None:
        self.error: KafkaError | None = None

    def list_topics(self, timeout: float) -> None:
        if self.error:
            raise KafkaException(self.error)


def test_kafka_is_away_when_all_brokers_are_and_back_when_one_answers(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail with any broker's failure taken for an outage, and without `look` (it never says "again")."""
    monkeypatch.setattr(kafka_watch, "RETRY_SECONDS", 0.0)
    watch, producer = KafkaWatch(SETTINGS), Asked()
    watch.error(KafkaError(KafkaError._TRANSPORT, "broker 2: connection refused"))
    watch.look(producer)  # type: ignore[arg-type]
    assert said() == []
    watch.error(KafkaError(KafkaError._ALL_BROKERS_DOWN, "3/3 brokers are down"))
    assert said() == ["Kafka at 127.0.0.1:1 can't be reached: 3/3 brokers are down; broker 2: connection refused"]
    producer.error = KafkaError(KafkaError._TRANSPORT)
    watch.look(producer)  # type: ignore[arg-type]
    producer.error = None
    watch.look(producer)  # type: ignore[arg-type]
    assert said()[1:] == ["Kafka at 127.0.0.1:1 answers again, after 0 s"]


def test_a_record_that_runs_out_of_time_says_so_and_one_that_is_too_large_does_not(said: Said) -> None:
    watch = KafkaWatch(SETTINGS)
    watch.delivered(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
    assert said() == []
    watch.delivered(KafkaError(KafkaError._MSG_TIMED_OUT, "timed out"))
    watch.delivered(None)
    assert len(said()) == 2


async def test_the_logs_ends_say_it_of_the_same_kafka(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    class Admin:
        def list_offsets(self, *_: Any, **__: Any) -> Any:
            future: Future[Any] = Future()
            future.set_exception(KafkaException(KafkaError(KafkaError._TIMED_OUT)))
            return {TopicPartition("photos", 0): future}

    ends, watch = LogEnds(SETTINGS, PARTITIONING), KafkaWatch(SETTINGS)
    monkeypatch.setattr(ends, "_client", Admin)
    watch.error(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
    with pytest.raises(KafkaException):
        await ends("photos")
    assert said() == ["Kafka at 127.0.0.1:1 can't be reached: 1/1 brokers are down"]
