"""Clients of the gateway and the API through a fault: what they were answered when, and what was acknowledged last."""

import http.client
import json
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

from events.settings import Settings
from tests.faults.processes import PATIENCE
from tests.faults.system import System
from web.tokens import issue_token

PAUSE = 0.2  # seconds between two requests of one client
AGAIN = (429, 500, 503)  # a write that is answered so, or not at all, is sent again under the same key
FRESH = (403, 404)  # answers about a roll that was just made: it, or whose it is, isn't folded yet
TIMEOUT = 60.0  # seconds: longer than a service may take, so that it is the service that ends a request


@dataclass(frozen=True)
class Answer:
    """An answer: the moments (monotonic) of the question and of the answer, and its status; 0 if there was none."""

    began: float
    ended: float
    status: int


def recovered_at(answers: Sequence[Answer], healed: float) -> float:
    """Seconds after a moment until a service answered for good: the first success, and the last failure before that.

    Infinite if it never did."""
    after = [answer for answer in answers if answer.ended >= healed]
    good = [answer.ended for answer in after if answer.status < 300]
    bad = [answer.ended for answer in after if answer.status in AGAIN or not answer.status]
    return max(min(good), *bad, healed) - healed if good else float("inf")


class Client:
    """Asks one service again and again, in a thread of its own, for the length of a block."""

    def __init__(self, settings: Settings, port: int, person: UUID) -> None:
        self.host, self.port = settings.host, port
        self._token = issue_token(settings, person, timedelta(hours=12))
        self.answers: list[Answer] = []
        self.error: BaseException | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="client", daemon=True)

    def step(self) -> None:
        """Asks once."""
        raise NotImplementedError

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> tuple[int, dict[str, str]]:
        """The status of one request (0 without an answer) and its body; both are noted."""
        headers = {"Authorization": f"Bearer {self._token}"}
        headers |= {"Content-Type": "application/json", "Idempotency-Key": key} if key else {}
        began, status, said = time.monotonic(), 0, b"{}"
        connection = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            connection.request(method, path, json.dumps(body) if key else None, headers)
            response = connection.getresponse()
            status, said = response.status, response.read()
        self.answers.append(Answer(began, time.monotonic(), status))
        return status, json.loads(said)

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self.step()
                self._over.wait(PAUSE)
        except BaseException as error:
            self.error = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if self.error is not None and error is None:
            raise self.error


class Reader(Client):
    """Reads one's own profile."""

    def step(self) -> None:
        """See Client."""
        status, _ = self.ask("GET", "/v1/me")
        assert status in (200, 0, *AGAIN), status


class Writer(Client):
    """Gives one roll one title after another, each of them until it is acknowledged, and knows the last of them."""

    def __init__(self, settings: Settings, port: int, person: UUID) -> None:
        super().__init__(settings, port, person)
        self.roll: str = self._made("POST", "/v1/rolls", {"title": "first", "visibility": "public"})["id"]
        self.title, self._number = "first", 0

    def step(self) -> None:
        """See Client. Also at the end a title that was sent once is sent until it is acknowledged."""
        self._number += 1
        title = f"title {self._number}"
        self._made("PATCH", f"/v1/rolls/{self.roll}", {"title": title})
        self.title = title

    def _made(self, method: str, path: str, body: object) -> dict[str, str]:
        key, until = str(uuid4()), time.monotonic() + PATIENCE
        while time.monotonic() < until:
            status, said = self.ask(method, path, body, key)
            if status == 202:
                return said
            assert status in (0, *AGAIN, *FRESH), (status, said)
            self._over.wait(PAUSE)
        raise AssertionError(f"not acknowledged within {PATIENCE:.0f} s: {method} {path} {body}")


def older(made: System, writers: Sequence[Writer]) -> list[str]:
    """The rolls whose title isn't the last one that was acknowledged. The writers have ended, and all is folded."""
    cql = f"SELECT title FROM {made.settings.keyspace}.roll_1 WHERE roll_id = %s"
    found = {writer.roll: made.oracle.session.execute(cql, [UUID(writer.roll)]).one()[0] for writer in writers}
    return [
        f"{each.roll}: {found[each.roll]!r}, not {each.title!r}" for each in writers if found[each.roll] != each.title
    ]
