"""A worker that its circuit breaker stopped is up for the supervisor, and not healthy for whoever looks."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from events.settings import Settings
from ops.commands.status import Row, health, reasons
from ops.supervisor import up_file
from ops.supervisor.processes import worker
from ops.supervisor.program import Program

STOPPED = {"reactions": "likers can't fold PhotoLiked: ValueError in …; more than 1000 records in a row …"}


@contextmanager
def answering(status: int, body: Any) -> Generator[Program]:
    """A worker's program; something answers with this status and body at its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield worker(Settings.model_validate(SECRETS), "worker-views", ("reactions",), server.server_port)
        server.shutdown()
        thread.join()


SECRETS = {
    "worker_password": "w",
    "gateway_password": "g",
    "api_password": "a",
    "cassandra_password": "c",
    "master_key": "m",
    "token_secret": "t",
    "handle_secret": "h",
    "s3_secret_key": "s",
}


@pytest.mark.parametrize(
    ("status", "waiting", "stopped", "ready"),
    [(200, [], {}, True), (503, ["rolls"], {}, False), (503, [], STOPPED, True), (503, ["rolls"], STOPPED, False)],
)
def test_only_waiting_for_partitions_keeps_a_worker_from_being_ready(
    status: int, waiting: list[str], stopped: dict[str, str], ready: bool
) -> None:
    """Seen to fail with a worker taken for ready by its status 200: `darkroom up` gives up, and a restarted one is
    killed."""
    with answering(status, {"waiting": waiting, "stopped": stopped}) as program:
        assert program.ready() is ready
        assert program.stopped() == stopped


def test_what_answers_like_no_worker_is_not_ready() -> None:
    with answering(404, "not found") as program, pytest.raises(OSError, match="is no worker: it answered 404"):
        program.ready()


def test_status_says_what_stands_still_and_why() -> None:
    with answering(503, {"waiting": [], "stopped": STOPPED}) as program:
        pid, started = up_file.this_process()
        process = up_file.Process("worker-views", pid, started, "127.0.0.1", program.port, "ready", 0, 0.0, "")
        assert health(process, program) == (True, STOPPED)
    row = Row("worker-views", 1, 1, 0, "ready", False, 0, None, STOPPED)
    assert reasons([row]) == [f"worker-views: reactions is stopped: {STOPPED['reactions']}"]
