"""Signs image URLs: presigned S3 GETs (AWS Signature Version 4, query form), the same for a whole window of time.

A URL is signed for its window's start and good for two windows, so it lasts at least one window after it was handed
out. It also has S3 answer with a Cache-Control that lets a CDN and a phone keep the image for a window. Signing here
costs microseconds; boto3 takes 150 (docs/performance.md).
"""

import hashlib
import hmac
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit
from uuid import UUID

from events.generated import Card
from events.image_keys import SIZES, image_key
from events.settings import Settings

REGION = "us-east-1"
LONGEST = 7 * 24 * 3600  # seconds; S3 takes no more
CACHED = 100_000
Image = dict[str, str | int]


class ImageUrls:
    """Signs image URLs with the services' S3 key."""

    def __init__(self, settings: Settings):
        where = urlsplit(settings.s3_url)
        self._origin, self._host = f"{where.scheme}://{where.netloc}", where.netloc
        self._base = f"{where.path.rstrip('/')}/{quote(settings.bucket)}"
        self._access, self._secret = settings.s3_access_key, settings.s3_secret_key
        self._window = settings.image_url_window
        self._expires = min(2 * self._window, LONGEST)
        self._caching = quote(f"public, max-age={self._window}, immutable", safe="")
        self._signed = lru_cache(CACHED)(self._sign)
        self._key = lru_cache(4)(self._key_of)

    def url(self, key: str, now: datetime) -> str:
        """The URL of an object, the same for every `now` of a window."""
        return self._signed(key, int(now.timestamp()) // self._window)

    def of(self, photo_id: UUID, card: Card, now: datetime) -> dict[str, Image]:
        """All sizes of a photo. Whether they may be seen is for the caller to know."""
        return {size: self.size(photo_id, card, size, now) for size in SIZES}

    def size(self, photo_id: UUID, card: Card, size: str, now: datetime) -> Image:
        """One size of a photo: `url`, and `width` and `height` in pixels."""
        url = self.url(image_key(photo_id, card.filter_version, size), now)
        return {"url": url, "width": getattr(card, f"{size}_width"), "height": getattr(card, f"{size}_height")}

    def _sign(self, key: str, window: int) -> str:
        start = datetime.fromtimestamp(window * self._window, UTC)
        stamp, day = start.strftime("%Y%m%dT%H%M%SZ"), start.strftime("%Y%m%d")
        scope = f"{day}/{REGION}/s3/aws4_request"
        path = f"{self._base}/{quote(key, safe='/~')}"
        query = (
            f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={quote(f'{self._access}/{scope}', safe='')}"
            f"&X-Amz-Date={stamp}&X-Amz-Expires={self._expires}&X-Amz-SignedHeaders=host"
            f"&response-cache-control={self._caching}"
        )
        request = f"GET\n{path}\n{query}\nhost:{self._host}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = mac(self._key(day), f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}").hex()
        return f"{self._origin}{path}?{query}&X-Amz-Signature={signature}"

    def _key_of(self, day: str) -> bytes:
        return mac(mac(mac(mac(f"AWS4{self._secret}".encode(), day), REGION), "s3"), "aws4_request")


def mac(key: bytes, text: str) -> bytes:
    """HMAC-SHA-256."""
    return hmac.digest(key, text.encode(), "sha256")
