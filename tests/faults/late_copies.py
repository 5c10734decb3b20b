"""Writes that a gateway which was cut off from Kafka couldn't deliver arrive when others have gone on."""

import http.client
import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from events.settings import Settings
from ops.supervisor.program import http_status
from projections.accounts.users_by_handle import handle_hmac
from projections.private.keyspace import private_keyspace
from tests.faults.processes import Process, until
from tests.faults.system import System
from web.tokens import issue_token


@dataclass(frozen=True)
class Write:
    """One request of somebody's, under a key."""

    who: UUID
    method: str
    path: str
    body: Any
    key: str

    def ask(self, settings: Settings) -> tuple[int, dict[str, Any]]:
        """What a gateway answers: the status and the body."""
        token = issue_token(settings, self.who, timedelta(hours=1))
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": self.key, "Content-Type": "application/json"}
        connection = http.client.HTTPConnection(settings.host, settings.gateway_port, timeout=60)
        with closing(connection):
            connection.request(self.method, self.path, json.dumps(self.body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def write(self, settings: Settings) -> dict[str, Any]:
        """The body of its 202."""
        status, body = self.ask(settings)
        assert status == 202, body
        return body


@dataclass(frozen=True)
class Outcome:
    """What came of it: the roll's title, whether who came back is active, and who has which handle."""

    title: str
    active: bool
    handles: dict[UUID, str]


def gateway(made: System, *, far: bool) -> Process:
    """A gateway beside the servers or behind the network, which is ready."""
    settings = made.far if far else made.settings
    log = made.settings.home / "logs" / f"gateway-{settings.gateway_port}.log"
    process = Process(settings, ("-m", "ops.cli", "gateway"), log, net=made.net if far else None)
    made.others.append(process)
    until(lambda: serves(settings), "a gateway is ready")
    return process


def serves(settings: Settings) -> bool:
    """Whether a gateway says that it is ready."""
    with suppress(OSError):
        return http_status(settings.host, settings.gateway_port, "/readyz") == 200
    return False


def copies_land_late(made: System, *, killed: bool) -> tuple[Outcome, Outcome]:
    """Three writes are made through a gateway that is cut off, are asked for again at another one, and are superseded.

    Then the network heals, and the copies land. `killed`: the first gateway is gone by then, and only what its
    machine still sends arrives, for at most 102 s after the cut.

    Returns what the last acknowledged writes come to, and what there is."""
    ada, bob, cat = made.world.bystanders[:3]
    once = str(made.world.facts()["event_id"])
    alpha, beta = (f"{name}.{once[:8]}" for name in ("alpha", "beta"))
    near = made.settings
    made.start()
    gateway(made, far=False)
    far = gateway(made, far=True)
    body = {"title": "?", "visibility": "public"}
    roll = f"/v1/rolls/{Write(ada, 'POST', '/v1/rolls', body, once).write(near)['id']}"
    warm_up(made, once)
    made.catch_up()
    late = [
        Write(ada, "PATCH", roll, {"title": "A"}, f"{once} A"),
        Write(ada, "PATCH", "/v1/me", {"handle": alpha}, f"{once} alpha"),
        Write(cat, "POST", "/v1/me/deactivate", None, f"{once} gone"),
    ]
    tail = made.tail()
    made.net.cut("kafka")
    with ThreadPoolExecutor(len(late)) as clients:
        assert {status for status, _ in clients.map(lambda write: write.ask(made.far), late)} == {503}
    if killed:
        far.kill()
    for write in late:
        write.write(near)
    made.catch_up()
    Write(ada, "PATCH", roll, {"title": "B"}, f"{once} B").write(near)
    Write(ada, "PATCH", "/v1/me", {"handle": beta}, f"{once} beta").write(near)
    Write(cat, "POST", "/v1/me/reactivate", None, f"{once} back").write(near)
    made.catch_up()
    wants = Write(bob, "PATCH", "/v1/me", {"handle": alpha}, f"{once} bob")
    assert wants.ask(near)[0] == 409  # for as long as something may be under way
    lapse(made, handle_hmac(near, alpha))
    wants.write(near)
    made.net.heal()
    seen = Counter[UUID]()

    def landed() -> bool:
        seen.update(fact.fields["event_id"] for fact in tail.read())
        return sum(count > 1 for count in seen.values()) == len(late)

    until(landed, "the copies are in the log")
    made.catch_up()
    found = outcome(made, UUID(roll.rpartition("/")[2]), cat, (ada, bob))
    made.stop_workers()
    return Outcome("B", True, {ada: beta, bob: alpha}), found


def warm_up(made: System, once: str) -> None:
    """Writes something through the far gateway, so that it has a connection: what it writes next goes out at once."""
    for number, who in enumerate(made.world.bystanders):
        Write(who, "PATCH", "/v1/me", {"bio": "hello"}, f"{once} bio {number}").write(made.far)
        Write(who, "POST", "/v1/rolls", {"title": "x"}, f"{once} warm {number}").write(made.far)


def lapse(made: System, value: str) -> None:
    """Makes a claim's time be over: nobody waits for minutes in a test."""
    cql = f"UPDATE {private_keyspace(made.settings)}.claims SET deadline = toTimestamp(now()) WHERE kind = 'handle'"
    made.oracle.session.execute(f"{cql} AND value = %s IF EXISTS", (value,))


def outcome(made: System, roll: UUID, who: UUID, people: Sequence[UUID]) -> Outcome:
    """What the read models say."""
    session, keyspace = made.oracle.session, made.settings.keyspace
    title = session.execute(f"SELECT title FROM {keyspace}.roll_1 WHERE roll_id = %s", (roll,)).one()
    users = f"SELECT active, handle FROM {keyspace}.users_1 WHERE user_id = %s"
    found = {person: session.execute(users, (person,)).one() for person in (who, *people)}
    return Outcome(title[0], found[who][0], {person: found[person][1] for person in people})
