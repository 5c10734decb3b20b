"""Clocks that are an hour off: a worker's that develops photos, and the gateway's."""

import http.client
import json
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from ops.supervisor.program import http_status
from producers.s3 import s3_client
from producers.uploads import object_key
from tests.faults.on_gateway import gateway, serves
from tests.faults.on_photos import LANES
from tests.faults.photos import Photos, jpeg
from tests.faults.processes import Process, until
from tests.faults.system import System
from web.tokens import issue_token

HOUR = 3600
SKEWED = "RequestTimeTooSkewed"


@dataclass(frozen=True)
class Answer:
    """What a service answered."""

    status: int
    body: Any


def ask(made: System, port: int, person: UUID, method: str, path: str, body: Any = None, key: str = "") -> Answer:
    """One request in a person's name, with a token that was issued two hours ago and is good for four."""
    now = datetime.now(UTC) - timedelta(hours=2)
    token = issue_token(made.settings, person, timedelta(hours=4), now=now)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    headers |= {"Idempotency-Key": key} if key else {}
    with closing(http.client.HTTPConnection(made.settings.host, port, timeout=60)) as connection:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return Answer(answer.status, json.loads(answer.read() or b"null"))


@dataclass(frozen=True)
class Shown:
    """What the API shows of one photo: the owner's answer, and another person's."""

    owner: Answer
    another: Answer


@dataclass(frozen=True)
class Early:
    """How many photos were developed before their time."""

    photos: int


def clock_ahead(made: System, without: str = "") -> Early:
    """A photo is due in half an hour, and the worker's clock is an hour ahead. One of the same person that is due comes
    after it, so that whoever develops that has looked at the first one."""
    early, due = Photos(made, [jpeg()], due=timedelta(minutes=30)), Photos(made, [jpeg(1)])
    owner = early.taken[0].owner_id
    start_develop(made, without)
    made.append_events(early.taken)
    until(lambda: early.became()["PhotoFiltered"] == 1, "the photo was filtered")
    made.catch_up(*LANES, "develop")
    made.append_events([replace(photo, owner_id=owner) for photo in due.taken])
    until(due.over, "the photo that is due was developed")
    made.catch_up(*LANES, "develop")
    made.stop_workers()
    return Early(early.became()["PhotoDeveloped"])


def start_develop(made: System, without: str) -> None:
    """Starts the workers, of which the one that develops has its clock an hour ahead."""
    made.skip("photos", *LANES, "develop")
    made.start(ready=False)
    made.start(*LANES, ready=False)
    made.start("develop", clock=HOUR, without=without)


def developed_by_a_clock_ahead(made: System, without: str = "") -> Shown:
    """A photo that is due in half an hour is developed now, by a worker whose clock is an hour ahead and that doesn't
    ask the database for its own. What is shown."""
    photos = Photos(made, [jpeg()], due=timedelta(minutes=30))
    start_develop(made, "databases_clock")
    made.append_events(photos.taken)
    until(photos.over, "the photo was developed early")
    api(made, without)
    made.catch_up(*LANES, "develop")
    owner, path = photos.taken[0].owner_id, f"/v1/photos/{photos.ids[0]}"
    other = next(person for person in made.world.bystanders if person != owner)
    port = made.settings.api_port
    shown = Shown(ask(made, port, owner, "GET", path), ask(made, port, other, "GET", path))
    made.stop_workers()
    return shown


def api(made: System, without: str = "") -> Process:
    """An API process that is ready. `without`: see tests/faults/without.py."""
    program = ("tests.faults.without", without) if without else ("ops.cli",)
    started = Process(made.settings, ("-m", *program, "api"), made.settings.home / "logs" / "api.log")
    made.others.append(started)

    def serves_reads() -> bool:
        try:
            return http_status(made.settings.host, made.settings.api_port, "/readyz") == 200
        except OSError:
            return False

    until(serves_reads, "the API is ready")
    return started


def uploaded(made: System, person: UUID) -> UUID:
    """Sends a picture as a person's phone does; the upload's id."""
    client, upload_id = s3_client(made.settings, seconds=30, attempts=3, connections=1), uuid4()
    client.put_object(Bucket=made.settings.bucket, Key=object_key(person, upload_id=upload_id), Body=jpeg())
    client.close()
    return upload_id


@dataclass(frozen=True)
class Written:
    """What a gateway whose clock is off answered: to a roll that is opened, to a photo that is registered; and what one
    with the right clock answered when it was asked for that photo again. `log`: what the first one logged."""

    roll: int
    photo: int
    photo_again: int
    log: str


def gateway_off(made: System, seconds: int) -> Written:
    """The gateway's clock is off: it signs requests to S3 that are refused. Nothing of it is lost."""
    settings, person = made.settings, made.world.bystanders[0]
    made.start(ready=False)
    wrong = gateway(made, "tests.faults.clock", str(seconds), "gateway")
    until(lambda: serves(made), "the gateway is ready")
    port, key = settings.gateway_port, str(uuid4())
    roll = ask(made, port, person, "POST", "/v1/rolls", {"title": "Off", "visibility": "public"}, str(uuid4()))
    photo = {"upload_id": str(uploaded(made, person))}
    first = ask(made, port, person, "POST", "/v1/photos", photo, key)
    log = wrong.log.read_text(errors="replace")
    wrong.kill()
    gateway(made, "ops.cli", "gateway")
    until(lambda: serves(made), "the gateway is ready")
    again = ask(made, port, person, "POST", "/v1/photos", photo, key)
    made.catch_up()
    made.stop_workers()
    return Written(roll.status, first.status, again.status, log)
