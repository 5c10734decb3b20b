"""filter: milliseconds for a 4000 by 3000 JPEG to its three sizes with the look, against the same without the look.

The reference decodes with the same draft, resizes to the same sizes in the same way, and encodes with the same
settings: what any service that makes sizes of a photo has to do.
"""

import random
import time
from datetime import date
from io import BytesIO
from uuid import UUID

import numpy as np
from PIL import Image

from bench.harness.figure import Figure, compared
from bench.harness.servers import BenchServers
from processors.film.decode import fit_within
from processors.film.filter import filter_photo
from processors.film.formats.jpeg import draft_scale
from processors.film.limits import LIMITS
from processors.film.outcome import Filtered
from processors.film.sandbox.confine import keep_freed_memory
from processors.film.variants import QUALITY

SIZE = (4000, 3000)
DAY = date(2026, 6, 20)


def picture() -> bytes:
    """Makes a JPEG like a photo: light and shade, edges, and the noise of a sensor; about 3 MB."""
    chance = np.random.default_rng(3)
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32) / SIZE[0]
    light = 120 + 80 * np.sin(9 * x + 4 * y * y) + 40 * ((np.sin(40 * x) * np.cos(30 * y)) > 0.3)
    colours = np.stack([light * 1.05, light * 0.9, light * 0.7 + 60 * y], axis=-1)
    noise = chance.normal(0, 6, (SIZE[1], SIZE[0], 1)).astype(np.float32)
    out = BytesIO()
    Image.fromarray(np.clip(colours + noise, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=92)
    return out.getvalue()


def ours(data: bytes) -> None:
    """Filters the photo under a new id each time: grain and leak differ."""
    outcome = filter_photo(UUID(int=random.getrandbits(128), version=4), data, DAY)
    assert isinstance(outcome, Filtered)


def reference(data: bytes) -> None:
    """Makes the photo's three sizes."""
    image = Image.open(BytesIO(data))
    scale = draft_scale(max(image.size), wanted=LIMITS.draft_px)
    image.draft(None, (image.width // scale, image.height // scale))  # type: ignore[attr-defined]
    full = image.convert("RGB")
    if max(full.size) > LIMITS.full_px:
        full = full.resize(fit_within(full.size, LIMITS.full_px), Image.Resampling.BICUBIC, reducing_gap=2.0)
    feed = full.resize(fit_within(full.size, LIMITS.feed_px), Image.Resampling.BICUBIC)
    thumb = feed.resize(fit_within(feed.size, LIMITS.thumb_px), Image.Resampling.BICUBIC)
    for name, size in (("full", full), ("feed", feed), ("thumb", thumb)):
        size.save(BytesIO(), "JPEG", quality=QUALITY[name], subsampling="4:2:0")


def measure(servers: BenchServers) -> dict[str, Figure]:
    """Measures both sides, in one process that does nothing else."""
    keep_freed_memory()  # as the film's workers do; both sides gain by it
    data, rounds = picture(), 25 if servers.large else 9
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(-2, rounds):
        for times, side in zip(took, (ours, reference), strict=True):
            began = time.perf_counter()
            side(data)
            if number >= 0:
                times.append((time.perf_counter() - began) * 1000)
    return {"filter": compared(ours=took[0], reference=took[1], unit="ms")}
