"""What can happen to photos on their way: the object store is gone while they are to be filtered."""

import io
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from events.generated import PhotoTaken
from producers.s3 import s3_client
from tests.faults.processes import until
from tests.faults.system import System

PHOTOS = 6
LONG = 3.0  # seconds without progress that are waited for, to see that there is none


def upload(made: System, count: int) -> list[PhotoTaken]:
    """Puts pictures into the bucket; the facts that they were taken, long enough ago to develop at once."""
    client = s3_client(made.settings, seconds=30, attempts=1, connections=1)
    taken: list[PhotoTaken] = []
    for number in range(count):
        picture = io.BytesIO()
        Image.new("RGB", (64, 48), (40 * number, 90, 120)).save(picture, "JPEG")
        facts = made.world.facts()
        photo_id, owner = facts["event_id"], made.world.someone()
        etag = client.put_object(Bucket=made.settings.bucket, Key=f"uploads/{photo_id}", Body=picture.getvalue())[
            "ETag"
        ]
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=number + 1)
        what: dict[str, Any] = {
            "zone": "Europe/Oslo",
            "rule_version": "1",
            "object_key": f"uploads/{photo_id}",
            "etag": etag,
        }
        times: dict[str, Any] = {"taken_at": at, "develops_at": at}
        taken.append(PhotoTaken(**facts, photo_id=photo_id, owner_id=owner, on_profile=True, **times, **what))
    client.close()
    return taken


def object_store_gone(made: System, without: str = "") -> tuple[float, Counter[str]]:
    """S3 is killed, photos are to be filtered, S3 comes back: they are filtered, and develop.

    The seconds without progress, and what became of the photos."""
    taken = upload(made, PHOTOS)
    made.skip("photos", "filter", "develop")
    made.start(ready=False)
    made.start("filter", "develop", without=without)
    made.catch_up("filter", "develop")
    became, tail, ids = Counter[str](), made.tail(), {event.photo_id for event in taken}

    def kinds() -> Counter[str]:
        became.update(fact.kind for fact in tail.read() if fact.fields.get("photo_id") in ids)
        return became

    with made.watched("filter", "develop") as watch:
        began = time.monotonic()
        made.children.kill("s3")
        made.append_events(taken)
        until(lambda: watch.longest("photos", began) > LONG or ended(kinds()), "the filter waits")
        made.children.start_again("s3")
        until(lambda: ended(kinds()), "every photo developed, or was rejected")
        still = watch.longest("photos", began)
        made.catch_up("filter", "develop")
    made.stop_workers()
    return still, kinds()


def ended(kinds: Counter[str]) -> bool:
    """Whether nothing more is to happen to the photos."""
    return kinds["PhotoDeveloped"] + kinds["PhotoRejected"] >= PHOTOS
