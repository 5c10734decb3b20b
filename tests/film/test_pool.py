"""Workers can be killed at any moment: by a limit, by a crash, by a cancelled call. No other photo is lost."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image

from processors.film import LIMITS, Filtered, Limits, Pool, PoolClosed, develop_photo
from processors.film.child import Lost
from tests.film.hostile import many_scans, png_of
from tests.film.pictures import DAY, PHOTO, encoded, filtered, rejected, scene

NAUGHTY = ("-m", "tests.film.naughty")
ROOT = Path(__file__).parents[2]


def naughty(test: Callable[[Pool], Awaitable[None]], limits: Limits = LIMITS, workers: int = 2) -> None:
    """Run a test with a pool of workers that do as they are told; afterwards no worker may be left."""

    async def running() -> frozenset[int]:
        async with asyncio.timeout(60), Pool(workers, limits, NAUGHTY) as pool:
            begun = set(pool.pids)
            await test(pool)
            begun |= pool.pids
        return pool.pids | {pid for pid in begun if alive(pid)}

    assert not asyncio.run(running())


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def gone(pid: int) -> bool:
    """Wait until a process that isn't our child has ended; False if it lives on for a minute."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    try:
        return bool(poll.poll(60_000))
    finally:
        os.close(handle)


def fifo(folder: Path) -> Path:
    path = folder / "fifo"
    os.mkfifo(path)
    return path


async def begun(path: Path) -> int:
    """The process id of a worker that has written it into a FIFO: it is at work now."""
    return int(await asyncio.to_thread(path.read_text))


def test_a_pool_gives_what_develop_photo_gives() -> None:
    data = encoded(scene())

    async def through_pool() -> Filtered:
        async with Pool(workers=1) as pool:
            return filtered(await pool.filter(PHOTO, data, DAY))

    assert asyncio.run(through_pool()) == develop_photo(PHOTO, data, DAY)


def test_many_photos_share_the_workers_and_each_gets_its_own_answer() -> None:
    async def test(pool: Pool) -> None:
        before = pool.pids
        photos = [f"photo{n}".encode() for n in range(50)]
        outcomes = await asyncio.gather(*(pool.filter(PHOTO, photo, DAY) for photo in photos))
        assert [filtered(outcome).variants["feed"].data for outcome in outcomes] == photos
        assert pool.pids == before

    naughty(test)


def test_a_photo_that_crashes_its_worker_twice_is_rejected_and_the_others_are_developed() -> None:
    async def test(pool: Pool) -> None:
        photos = [b"fine"] * 5 + [b"crash"] + [b"fine"] * 5
        outcomes = await asyncio.gather(*(pool.filter(PHOTO, photo, DAY) for photo in photos))
        assert rejected(outcomes.pop(5)) == "undevelopable"
        assert all(isinstance(outcome, Filtered) for outcome in outcomes)

    naughty(test)


def test_a_photo_whose_worker_crashes_once_is_developed(tmp_path: Path) -> None:
    async def test(pool: Pool) -> None:
        filtered(await pool.filter(PHOTO, f"crash-once {tmp_path}/crashed".encode(), DAY))
        assert (tmp_path / "crashed").exists()

    naughty(test)


def test_a_worker_killed_from_outside_costs_no_photo(tmp_path: Path) -> None:
    path = fifo(tmp_path)

    async def test(pool: Pool) -> None:
        job = asyncio.create_task(pool.filter(PHOTO, f"hang {path}".encode(), DAY))
        others = [asyncio.create_task(pool.filter(PHOTO, b"fine", DAY)) for _ in range(4)]
        os.kill(await begun(path), signal.SIGKILL)
        second = await begun(path)  # tried once more, in a fresh worker
        os.kill(second, signal.SIGKILL)
        assert rejected(await job) == "undevelopable"
        assert all(isinstance(outcome, Filtered) for outcome in await asyncio.gather(*others))

    naughty(test)


def test_an_idle_worker_that_dies_is_replaced() -> None:
    async def test(pool: Pool) -> None:
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
        outcomes = await asyncio.gather(*(pool.filter(PHOTO, b"fine", DAY) for _ in range(4)))
        assert all(isinstance(outcome, Filtered) for outcome in outcomes)

    naughty(test)


def test_too_much_cpu_time_is_the_photos_fault() -> None:
    async def test(pool: Pool) -> None:
        spinning = asyncio.create_task(pool.filter(PHOTO, b"spin", DAY))
        filtered(await pool.filter(PHOTO, b"fine", DAY))
        assert rejected(await spinning) == "too_long"
        filtered(await pool.filter(PHOTO, b"fine", DAY))

    naughty(test, Limits(cpu_seconds=1))


def test_a_worker_that_hangs_is_killed_at_the_deadline() -> None:
    async def test(pool: Pool) -> None:
        before = pool.pids
        assert rejected(await pool.filter(PHOTO, b"hang", DAY)) == "too_long"
        assert len(before & pool.pids) == 1
        filtered(await pool.filter(PHOTO, b"fine", DAY))

    naughty(test, Limits(wall_seconds=1.5))


def test_a_cancelled_call_kills_its_worker_and_no_other(tmp_path: Path) -> None:
    path = fifo(tmp_path)

    async def test(pool: Pool) -> None:
        before = pool.pids
        job = asyncio.create_task(pool.filter(PHOTO, f"hang {path}".encode(), DAY))
        pid = await begun(path)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert await asyncio.to_thread(gone, pid)
        assert pool.pids == before - {pid}
        outcomes = await asyncio.gather(*(pool.filter(PHOTO, b"fine", DAY) for _ in range(4)))
        assert all(isinstance(outcome, Filtered) for outcome in outcomes)
        assert len(pool.pids) <= 2

    naughty(test)


def test_cancelled_calls_that_wait_for_a_worker_take_none_with_them(tmp_path: Path) -> None:
    path = fifo(tmp_path)

    async def test(pool: Pool) -> None:
        job = asyncio.create_task(pool.filter(PHOTO, f"hang {path}".encode(), DAY))
        await begun(path)
        waiting = [asyncio.create_task(pool.filter(PHOTO, b"fine", DAY)) for _ in range(3)]
        waiting[1].cancel()
        job.cancel()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [Filtered, asyncio.CancelledError, Filtered]

    naughty(test, workers=1)


def test_closing_ends_the_photos_in_work(tmp_path: Path) -> None:
    path = fifo(tmp_path)

    async def test(pool: Pool) -> None:
        jobs = [asyncio.create_task(pool.filter(PHOTO, f"hang {path}".encode(), DAY))]
        await begun(path)
        jobs += [asyncio.create_task(pool.filter(PHOTO, b"fine", DAY)) for _ in range(2)]
        await pool.close()
        outcomes = await asyncio.gather(*jobs, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [PoolClosed] * 3

    naughty(test, workers=1)


def test_what_a_library_prints_does_not_come_between_the_answers() -> None:
    async def test(pool: Pool) -> None:
        for photo in (b"chatter", b"fine", b"reject"):
            outcome = await pool.filter(PHOTO, photo, DAY)
            assert isinstance(outcome, Filtered) == (photo != b"reject")

    naughty(test, workers=1)


def test_a_worker_that_talks_nonsense_is_not_believed() -> None:
    async def test(pool: Pool) -> None:
        photo = f"nonsense {answers_of(next(iter(pool.pids)))}"
        assert rejected(await pool.filter(PHOTO, photo.encode(), DAY)) == "undevelopable"
        filtered(await pool.filter(PHOTO, b"fine", DAY))

    naughty(test, workers=1)


def answers_of(pid: int) -> int:
    """The descriptor that a worker answers on: the one beside 0, 1 and 2 that is open for writing."""
    modes = {
        int(entry.name): int(entry.read_text().split("flags:")[1].split()[0], 8) & os.O_ACCMODE
        for entry in Path(f"/proc/{pid}/fdinfo").iterdir()
    }
    return next(number for number, mode in sorted(modes.items()) if number > 2 and mode == os.O_WRONLY)


def test_workers_that_cannot_start_are_an_error_of_ours_and_no_rejection() -> None:
    async def start() -> None:
        async with Pool(1, program=("-c", "raise SystemExit(3)")):
            pass

    with pytest.raises(Lost):
        asyncio.run(start())


def test_memory_is_limited() -> None:
    """40 megapixels need more than a worker with 200 MB has left; the next photo finds a worker in order."""
    limits = Limits(memory_bytes=200_000_000)

    async def too_large() -> None:
        async with Pool(1, limits) as pool:
            assert (
                rejected(await pool.filter(PHOTO, png_of(7_000, 6_000, rows=bytes(9), colours=6), DAY))
                == "too_much_memory"
            )
            filtered(await pool.filter(PHOTO, encoded(scene()), DAY))

    asyncio.run(too_large())


def test_cpu_time_is_limited_in_the_decoder_too() -> None:
    """Thousands of scans over 16 megapixels, let through the count on purpose: C code that Python can't interrupt."""
    limits = Limits(cpu_seconds=1, scans=10**9)

    async def slow() -> None:
        async with Pool(1, limits) as pool:
            photo = many_scans(Image.new("RGB", (4000, 4000)), 10_000)
            assert rejected(await pool.filter(PHOTO, photo, DAY)) == "too_long"
            filtered(await pool.filter(PHOTO, encoded(scene()), DAY))

    asyncio.run(slow())


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
from processors.film import Pool
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
