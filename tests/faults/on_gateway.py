"""What can happen to the gateway: killed between Kafka's acknowledgement and its answer. Clients ask again."""

import http.client
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from itertools import cycle
from uuid import UUID

from ops.supervisor.program import http_status
from tests.faults.processes import PATIENCE, Process, until
from tests.faults.system import System
from web.tokens import issue_token

WRITES, DIES_AT, CLIENTS = 40, 15, 8


def ask(made: System, title: str, person: UUID, over: threading.Event) -> UUID:
    """Opens a roll, asking again with the same Idempotency-Key until the answer is 202; the event's id."""
    token = issue_token(made.settings, person, timedelta(hours=1))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": title, "Content-Type": "application/json"}
    body = json.dumps({"title": title, "visibility": "public"})
    while not over.is_set():
        connection = http.client.HTTPConnection(made.settings.host, made.settings.gateway_port, timeout=30)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            connection.request("POST", "/v1/rolls", body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status == 202:
                return UUID(json.loads(said)["event_id"])
            assert answer.status in (429, 503), said
        over.wait(0.1)
    raise AssertionError("the gateway never answered")


def gateway(made: System, *words: str) -> Process:
    """A gateway process, ready or not."""
    log = made.settings.home / "logs" / "gateway.log"
    started = Process(made.settings, ("-m", *words), log)
    made.others.append(started)
    return started


def serves(made: System) -> bool:
    """Whether a gateway says that it is ready."""
    with suppress(OSError):
        return http_status(made.settings.host, made.settings.gateway_port, "/readyz") == 200
    return False


def killed_before_its_answer(made: System, without: str = "") -> tuple[int, Counter[str]]:
    """Rolls are opened by many at once; the gateway dies after an acknowledgement, and another takes its place.

    How many answers name no event of the log; by title, how many different RollCreated the log has."""
    made.start(ready=False)
    tail = made.tail()
    first = gateway(made, "tests.faults.gateway", str(DIES_AT), *([without] if without else []))
    until(lambda: serves(made), "the gateway is ready")
    over = threading.Event()
    once = made.world.facts()["event_id"]  # the titles are the requests' keys, too: another time, they are others
    titles = [f"{once} {number}" for number in range(WRITES)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        try:
            people = cycle(made.world.bystanders)
            asked = [clients.submit(ask, made, title, next(people), over) for title in titles]
            until(first.died, "the gateway died")
            again = ("tests.faults.gateway", "0", without) if without else ("ops.cli", "gateway")
            gateway(made, *again)
            answers = [answer.result(PATIENCE) for answer in asked]
        finally:
            over.set()
    opened: dict[str, set[UUID]] = {}
    for fact in tail.read():
        if fact.kind == "RollCreated":
            opened.setdefault(fact.fields["title"], set()).add(fact.fields["event_id"])
    made.catch_up()
    made.stop_workers()
    unknown = sum(answer not in opened.get(title, set()) for title, answer in zip(titles, answers, strict=True))
    return unknown, Counter({title: len(opened.get(title, set())) for title in titles})
