"""What a worker may not do, take or outlive."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from processors.film.limits import LIMITS, Limits
from processors.film.outcome import Reason
from processors.film.sandbox.pool import Pool
from tests.film.hostile import many_scans, png_of
from tests.film.pictures import DAY, PHOTO, encoded, filtered, rejected, scene
from tests.film.pools import NAUGHTY, ROOT, gone, naughty

pytestmark = pytest.mark.anyio


def test_reasons_say_the_limits_that_hold() -> None:
    assert f"{LIMITS.upload_bytes // 10**6} MB" in Reason.TOO_MANY_BYTES.value
    assert f"{LIMITS.pixels // 10**6} megapixels" in Reason.TOO_MANY_PIXELS.value


async def test_memory_is_limited() -> None:
    """40 megapixels need more than a worker with 200 MB has left; the next photo finds a worker in order."""
    limits = Limits(memory_bytes=200_000_000)
    async with Pool(1, limits) as pool:
        assert (
            rejected(await pool.filter(PHOTO, png_of(7_000, 6_000, rows=bytes(9), colours=6), DAY)) == "too_much_memory"
        )
        filtered(await pool.filter(PHOTO, encoded(scene()), DAY))


async def test_cpu_time_is_limited_in_the_decoder_too() -> None:
    """Thousands of scans over 16 megapixels, let through the count on purpose: C code that Python can't interrupt."""
    limits = Limits(cpu_seconds=1, scans=10**9)
    async with Pool(1, limits) as pool:
        photo = many_scans(Image.new("RGB", (4000, 4000)), 10_000)
        assert rejected(await pool.filter(PHOTO, photo, DAY)) == "too_long"
        filtered(await pool.filter(PHOTO, encoded(scene()), DAY))


def test_workers_have_no_files_and_no_secrets_of_their_parents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_MASTER_KEY", "secret")

    async def test(pool: Pool) -> None:
        for pid in pool.pids:
            process = Path(f"/proc/{pid}")
            assert b"secret" not in (process / "environ").read_bytes()
            assert len(list((process / "fd").iterdir())) <= 5

    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    try:
        naughty(test)
    finally:
        os.close(reader)
        os.close(writer)


def test_workers_die_with_their_parent() -> None:
    """The parent is killed while one worker is at work and one is idle: both go."""
    program = f"""
import asyncio
from processors.film.sandbox.pool import Pool
from tests.film.pictures import DAY, PHOTO
async def main():
    async with Pool(2, program={NAUGHTY}) as pool:
        print(*pool.pids, flush=True)
        await pool.filter(PHOTO, b"hang", DAY)
asyncio.run(main())
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_ctrl_c_is_the_parents_to_handle() -> None:
    async def test(pool: Pool) -> None:
        before = pool.pids
        for pid in before:
            os.kill(pid, signal.SIGINT)
            os.kill(pid, signal.SIGTERM)
        filtered(await pool.filter(PHOTO, b"fine", DAY))
        assert pool.pids == before

    naughty(test)
