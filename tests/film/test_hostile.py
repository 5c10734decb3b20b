"""Whatever is sent: it is developed, or rejected for a reason that its owner can read."""

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.film.filter import filter_photo
from processors.film.limits import LIMITS, Limits
from processors.film.outcome import Filtered, Rejected
from processors.film.sandbox.pool import Pool
from tests.film.hostile import HARMFUL, HARMLESS, heif
from tests.film.pictures import DAY, PHOTO, encoded, filtered, rejected, scene

SMALL = {
    "jpeg": encoded(scene(96, 64)),
    "progressive": encoded(scene(96, 64), progressive=True),
    "png": encoded(scene(96, 64), "PNG"),
    "webp": encoded(scene(96, 64), "WEBP"),
    "heic": heif([scene(96, 64)]),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_odd_photos_are_developed(name: str) -> None:
    filtered(filter_photo(PHOTO, HARMLESS[name], DAY))


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful_files_are_rejected(name: str) -> None:
    data, code = HARMFUL[name]
    assert rejected(filter_photo(PHOTO, data, DAY)) == code


def test_of_a_heic_with_several_pictures_the_primary_one_is_developed() -> None:
    full = filtered(filter_photo(PHOTO, HARMLESS["heic sequence"], DAY)).variants["full"]
    assert (full.width, full.height) == (64, 48)


@pytest.mark.parametrize("kind", SMALL)
def test_one_pixel_too_many_is_rejected(kind: str) -> None:
    assert rejected(filter_photo(PHOTO, SMALL[kind], DAY, Limits(pixels=96 * 64 - 1))) == "too_many_pixels"
    filtered(filter_photo(PHOTO, SMALL[kind], DAY, Limits(pixels=96 * 64)))


@pytest.mark.parametrize("tenths", range(10))
@pytest.mark.parametrize("kind", SMALL)
def test_photos_that_did_not_arrive_whole_are_rejected(kind: str, tenths: int) -> None:
    data = SMALL[kind]
    assert rejected(filter_photo(PHOTO, data[: len(data) * tenths // 10], DAY)) in ("empty", "not_a_photo", "damaged")


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(sorted(SMALL)), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=12))
def test_photos_with_flipped_bytes_are_developed_or_rejected(kind: str, flips: list[tuple[int, int]]) -> None:
    data = bytearray(SMALL[kind])
    for at, value in flips:
        data[at % len(data)] = value
    assert isinstance(filter_photo(PHOTO, bytes(data), DAY), Filtered | Rejected)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(sorted(SMALL)), st.binary(max_size=300))
def test_rubbish_behind_a_photos_first_bytes_is_rejected(kind: str, rubbish: bytes) -> None:
    outcome = filter_photo(PHOTO, SMALL[kind][:30] + rubbish, DAY)
    assert rejected(outcome) in ("damaged", "too_many_pixels", "too_many_parts", "not_a_photo")


def test_no_file_costs_a_worker_or_more_memory_than_it_may_have() -> None:
    """All of them through a pool: the workers that began are the workers that end."""
    files = [*HARMLESS.values(), *(data for data, _ in HARMFUL.values())]

    async def all_of_them() -> list[Filtered | Rejected]:
        async with Pool(workers=2) as pool:
            before = pool.pids
            outcomes = await asyncio.gather(*(pool.filter(PHOTO, data, DAY) for data in files))
            assert pool.pids == before
            assert max(peak_memory(pid) for pid in before) < LIMITS.memory_bytes
        return outcomes

    outcomes = asyncio.run(all_of_them())
    assert [isinstance(outcome, Filtered) for outcome in outcomes] == [True] * len(HARMLESS) + [False] * len(HARMFUL)


def peak_memory(pid: int) -> int:
    """The most resident memory that a process has had, in bytes (proc(5))."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024
