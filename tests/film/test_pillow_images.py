"""Every photo that Pillow tests itself with is developed, or rejected for a reason, and costs no worker."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from processors.film.outcome import Filtered, Rejected
from processors.film.sandbox.pool import Pool
from tests.film.pictures import DAY, PHOTO
from tests.film.samples import pillow_images


@pytest.fixture(scope="module")
def outcomes() -> dict[Path, Filtered | Rejected]:
    """What becomes of each, two at a time."""
    photos = {path: path.read_bytes() for path in pillow_images()}

    async def through_pool() -> dict[Path, Filtered | Rejected]:
        async with Pool(workers=2) as pool:
            before = pool.pids
            found = await asyncio.gather(*(pool.filter(PHOTO, data, DAY) for data in photos.values()))
            assert pool.pids == before, "a worker was lost"
        return dict(zip(photos, found, strict=True))

    return asyncio.run(through_pool())


def jpegs(outcomes: dict[Path, Filtered | Rejected]) -> dict[str, Filtered | Rejected]:
    return {path.name: out for path, out in outcomes.items() if path.read_bytes().startswith(b"\xff\xd8\xff")}


def test_there_are_enough_of_them(outcomes: dict[Path, Filtered | Rejected]) -> None:
    assert len(jpegs(outcomes)) > 50
    assert len(outcomes) > 400


def test_each_is_developed_or_rejected_for_a_reason(outcomes: dict[Path, Filtered | Rejected]) -> None:
    codes = Counter(outcome.code for outcome in outcomes.values() if isinstance(outcome, Rejected))
    assert codes.keys() <= {"damaged", "not_a_photo", "too_many_pixels", "too_many_parts"}


def test_the_jpegs_that_are_rejected_are_those_that_are_broken(outcomes: dict[Path, Filtered | Rejected]) -> None:
    broken = {name for name, outcome in jpegs(outcomes).items() if isinstance(outcome, Rejected)}
    assert broken == {"truncated_jpeg.jpg", "ultrahdr.jpg"}  # both end before their pictures do
