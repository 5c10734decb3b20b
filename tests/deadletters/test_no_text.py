"""What somebody wrote is in the letter's sealed bytes alone: no reason, outcome or log line quotes it."""

import copy
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cassandra import InvalidRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from events.generated import PhotoTaken, RollCreated
from processors.handlers.batch import Batch, Partition
from processors.handlers.projector import Projector
from processors.handlers.reactor import ReactorHandler
from processors.handlers.reader import Read
from processors.handlers.reject import EVERY
from processors.redrive.replay import ReactorReplay
from processors.transport.lease import Lease
from projections.projection import Projection
from projections.rolls.roll import ROLL, roll
from projections.store.errors import classified
from projections.store.memory import MemoryStore
from projections.store.protocol import StoreUnavailable, Unstorable
from projections.store.table import Upsert
from tests import given
from tests.deadletters.failing import projector_replay
from tests.deadletters.test_redrive import MemoryRequests, redriver
from tests.kit import MemoryLog, Worker, memory_codec, projected_in
from tests.partitions import PARTITIONING
from tests.processors.world import Reacting
from web.middleware import Metrics, RequestMiddleware

pytestmark = pytest.mark.anyio

TITLE = "Ada and Bo at the lake"


def quoting(event: RollCreated) -> list[Upsert]:
    """A fold with a bug, whose error quotes what it was given."""
    raise ValueError(f"can't do {event.title!r}")


def unstorable(event: RollCreated) -> list[Upsert]:
    """A fold that gives a value of the wrong type."""
    return [Upsert(ROLL, ("roll_id", "created_at"), (event.roll_id, event.title))]


def failing(fold: Any) -> Projection:
    """The projection `roll` with another fold."""
    each = copy.copy(roll)
    each._fold = fold
    return each


@pytest.mark.parametrize(("fold", "name"), [(quoting, "roll"), (unstorable, EVERY)], ids=["fold", "store"])
async def test_a_title_is_in_no_header_outcome_or_log(fold: Any, name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Seen to fail with `str(error)` in the fold's reason, in the replay's, and in the store's."""
    caplog.set_level(logging.DEBUG)
    log, store = MemoryLog(), MemoryStore()
    event = given.roll_created(title=TITLE)
    await log.append(event)
    ((tp, records),) = log.partitions.items()
    worker = Worker(store, log.codec)
    projector = Projector("rolls", [failing(fold)], store, log.codec, worker.dead_letters("rolls"))
    await projector.start(Partition(*tp))
    await projector.handle(Batch(*tp, 1, records), Lease.of())
    (letter,) = worker.letters
    assert letter.projection == name
    requests = MemoryRequests()
    requests.ask((letter.position, name))
    redrive = redriver(requests, log, store, projector_replay("rolls", store, [failing(fold)]))
    await redrive.tick(Partition(*tp), Lease.of())
    (outcome,) = requests.outcomes
    assert outcome.startswith("failed: ")
    assert outcome.removeprefix("failed: ") == letter.reason
    said = repr([letter.headers(), outcome, caplog.text])
    assert TITLE not in said
    assert "ValueError in " in said if fold is quoting else "roll.created_at is datetime, not str" in said


async def test_what_a_reactor_raises_is_told_without_its_text() -> None:
    """Seen to fail with `str(error)` in the reactor's reason and in its replay's."""

    async def act(batch: Batch, reads: list[Read], lease: Lease) -> None:
        raise ValueError(TITLE)

    log, store, event = MemoryLog(), MemoryStore(), given.photo_taken()
    await log.append(event)
    ((tp, records),) = log.partitions.items()
    worker = Worker(store, log.codec)
    reactor = Reacting("filter", [PhotoTaken], act)
    handler = ReactorHandler(reactor, store, log.codec, worker.dead_letters("filter"), projected_in(store))
    await handler.start(Partition(*tp))
    await handler.handle(Batch(*tp, 1, records), Lease.of())
    (letter,) = worker.letters
    again = await ReactorReplay(reactor, memory_codec, PARTITIONING)(records, "filter", Lease.of())
    assert letter.reason.startswith("filter can't act on PhotoTaken: ValueError in ")
    assert TITLE not in repr([letter.headers(), again])


def test_the_databases_and_its_drivers_errors_are_told_without_values() -> None:
    refused = classified(InvalidRequest(f"Key length of 70000 is longer than maximum of 65535: {TITLE}"))
    assert (type(refused), str(refused)) == (Unstorable, "Cassandra says: is longer than maximum of 65535")
    unbindable = classified(TypeError(f"{TITLE} isn't int"))
    assert (type(unbindable), str(unbindable)) == (StoreUnavailable, "TypeError")


def test_a_request_that_fails_is_logged_by_its_id_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    """Seen to fail with the error itself in the line. The server logs what is raised to it: that has no text either."""

    async def fails(request: Request) -> None:
        raise ValueError(TITLE)

    async def cut(request: Request) -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"begun"
            raise ValueError(TITLE)

        return StreamingResponse(body())

    app = RequestMiddleware(Starlette(routes=[Route("/fails", fails), Route("/cut", cut)]), Metrics())
    client = TestClient(app)
    client_quiet = TestClient(app, raise_server_exceptions=False)
    assert client_quiet.get("/fails", headers={"X-Request-Id": "one"}).status_code == 500
    with pytest.raises(Exception, match="request two failed after its response had begun") as again:
        client.get("/cut", headers={"X-Request-Id": "two"})
    assert again.value.__suppress_context__
    lines = [record.getMessage() for record in caplog.records if record.name == "darkroom.http"]
    assert [line.split(" ")[1] for line in lines] == ["one", "two"]
    assert all("ValueError in " in line for line in lines)
    assert TITLE not in repr(lines)
