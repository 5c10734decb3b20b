"""Makes the HTTP calls that the mobile app would make, for a person of the demo."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from events.settings import Settings
from ops.demo.pictures import Picture

PATIENCE = 60.0  # seconds for which a check waits for what must come


class CheckFailed(Exception):
    """A check of the demo failed. Its text says which."""


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
        """Sends GET to the API, and returns whatever it answers."""
        return self.http.get(f"http://{self.settings.host}:{self.settings.api_port}{path}", headers=self._headers())

    def get(self, path: str) -> Any:
        """Sends GET to the API. Raises CheckFailed unless it answers 200."""
        answer = self.read(path)
        if answer.status_code != 200:
            raise CheckFailed(f"{self.handle} reads {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def write(self, method: str, path: str, body: Any = None) -> Any:
        """Writes through the gateway. Raises CheckFailed unless it answers 202 (201 for an upload)."""
        answer = self.http.request(
            method,
            f"http://{self.settings.host}:{self.settings.gateway_port}{path}",
            json=body,
            headers=self._headers() | {"Idempotency-Key": str(uuid4())},
        )
        if answer.status_code not in (201, 202):
            raise CheckFailed(f"{self.handle}: {method} {path}: {answer.status_code} {answer.text[:300]}")
        if position := answer.headers.get("Darkroom-Position"):
            self.after = position
        return answer.json()

    def take_photo(self, picture: Picture, rolls: list[str], taken_at: str) -> str:
        """Uploads a photograph straight to the bucket, registers it, and returns the photo's id. Raises CheckFailed."""
        form = self.write("POST", "/v1/uploads", {"content_type": picture.media_type})
        sent = self.http.post(form["url"], data=form["fields"], files={"file": (picture.name, picture.data)})
        if sent.status_code not in (200, 201, 204):
            raise CheckFailed(f"{self.handle} uploads {picture.name}: {sent.status_code} {sent.text[:300]}")
        body = {"upload_id": form["upload_id"], "taken_at": taken_at, "rolls": rolls}
        return self.write("POST", "/v1/photos", body)["id"]

    def items(self, path: str) -> list[Any]:
        """Reads all items of a list, over its pages."""
        found: list[Any] = []
        cursor = ""
        while True:
            page = self.get(f"{path}{'&' if '?' in path else '?'}limit=5{cursor}")
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"


def wait_until(what: str, holds: Any, patience: float = PATIENCE) -> Any:
    """Waits until `holds` returns something true, and returns that. Raises CheckFailed after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        answer = holds()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise CheckFailed(f"{what}: not within {patience:.0f} s")
        time.sleep(0.2)
