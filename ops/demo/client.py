"""A person of the demo, with a phone: the HTTP calls that the mobile app would make."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from events.settings import Settings
from ops.demo.pictures import Picture

PATIENCE = 60.0  # seconds for which a check waits for what must come


class Failed(Exception):
    """Something in the demo didn't hold. Its text says what."""


@dataclass
class Person:
    """Somebody with a token. `after` is where their last write is in the log: their next read waits for it."""

    handle: str
    user_id: UUID
    token: str
    settings: Settings
    after: str = ""
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def _headers(self) -> dict[str, str]:
        after = {"Darkroom-After": self.after} if self.after else {}
        return {"Authorization": f"Bearer {self.token}", **after}

    def read(self, path: str) -> httpx.Response:
        """GET from the API, whatever it answers."""
        return self.http.get(f"http://{self.settings.host}:{self.settings.api_port}{path}", headers=self._headers())

    def get(self, path: str) -> Any:
        """GET from the API. Failed unless it answers 200."""
        answer = self.read(path)
        if answer.status_code != 200:
            raise Failed(f"{self.handle} reads {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def write(self, method: str, path: str, body: Any = None) -> Any:
        """A write through the gateway. Failed unless it answers 202 (201 for an upload)."""
        answer = self.http.request(
            method,
            f"http://{self.settings.host}:{self.settings.gateway_port}{path}",
            json=body,
            headers=self._headers() | {"Idempotency-Key": str(uuid4())},
        )
        if answer.status_code not in (201, 202):
            raise Failed(f"{self.handle}: {method} {path}: {answer.status_code} {answer.text[:300]}")
        if position := answer.headers.get("Darkroom-Position"):
            self.after = position
        return answer.json()

    def take(self, picture: Picture, rolls: list[str], taken_at: str) -> str:
        """Uploads a photograph straight to the bucket and registers it: the photo's id."""
        form = self.write("POST", "/v1/uploads", {"content_type": picture.media_type})
        sent = self.http.post(form["url"], data=form["fields"], files={"file": (picture.name, picture.data)})
        if sent.status_code not in (200, 201, 204):
            raise Failed(f"{self.handle} uploads {picture.name}: {sent.status_code} {sent.text[:300]}")
        body = {"upload_id": form["upload_id"], "taken_at": taken_at, "rolls": rolls}
        return self.write("POST", "/v1/photos", body)["id"]

    def items(self, path: str) -> list[Any]:
        """All items of a list, over its pages."""
        found: list[Any] = []
        cursor = ""
        while True:
            page = self.get(f"{path}{'&' if '?' in path else '?'}limit=5{cursor}")
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"


def eventually(what: str, holds: Any, patience: float = PATIENCE) -> Any:
    """What `holds` returns once that is true. Failed if it doesn't become true within `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        answer = holds()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {patience:.0f} s")
        time.sleep(0.2)
