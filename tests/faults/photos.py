"""Photos for the faults: uploaded, to be filtered and developed, and what became of them."""

import io
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from PIL import Image

from events.generated import PhotoTaken
from producers.s3 import s3_client
from tests.faults.system import System


def jpeg(number: int = 0) -> bytes:
    """A small picture."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (40 * number % 256, 90, 120)).save(picture, "JPEG")
    return picture.getvalue()


def slow_png() -> bytes:
    """A picture that takes 0.7 s of a film worker's CPU: 56 megapixels, as a small file."""
    picture = io.BytesIO()
    Image.new("RGB", (8000, 7000), (120, 90, 60)).save(picture, "PNG", compress_level=1)
    return picture.getvalue()


class Photos:
    """Photos of a system: their PhotoTaken, which are still to be appended, and what the log says of them since."""

    def __init__(self, made: System, pictures: Sequence[bytes], *, due: timedelta = timedelta(minutes=-1)) -> None:
        """Uploads the pictures. `due`: when they develop, from now on."""
        self.taken = upload(made, pictures, due)
        self.ids = [event.photo_id for event in self.taken]
        self._tail, self._became = made.tail(), Counter[str]()
        self._seen = set[tuple[str, UUID]]()

    def became(self) -> Counter[str]:
        """How many of them each kind of fact was appended of."""
        ids = set(self.ids)
        self._seen |= {(fact.kind, fact.fields["photo_id"]) for fact in self._tail.read() if about(fact.fields, ids)}
        return Counter(kind for kind, _ in self._seen)

    def over(self) -> bool:
        """Whether each of them has developed or was rejected."""
        kinds = self.became()
        return kinds["PhotoDeveloped"] + kinds["PhotoRejected"] >= len(self.ids)


def about(fields: dict[str, Any], ids: set[UUID]) -> bool:
    """Whether a fact is about one of these photos."""
    return fields.get("photo_id") in ids


def upload(made: System, pictures: Sequence[bytes], due: timedelta) -> list[PhotoTaken]:
    """Puts pictures into the bucket; the facts that they were taken."""
    client = s3_client(made.settings, seconds=30, attempts=3, connections=1)
    taken: list[PhotoTaken] = []
    for number, picture in enumerate(pictures):
        facts = made.world.facts()
        photo_id = facts["event_id"]
        key = f"uploads/{photo_id}"
        etag = client.put_object(Bucket=made.settings.bucket, Key=key, Body=picture)["ETag"]
        develops_at = datetime.now(UTC).replace(microsecond=0) + due - timedelta(seconds=number)
        what: dict[str, Any] = {
            "owner_id": made.world.someone(),
            "zone": "Europe/Oslo",
            "rule_version": "1",
            "object_key": key,
            "etag": etag,
            "on_profile": True,
        }
        times: dict[str, Any] = {"taken_at": develops_at - timedelta(hours=3), "develops_at": develops_at}
        taken.append(PhotoTaken(**facts, photo_id=photo_id, **times, **what))
    client.close()
    return taken
