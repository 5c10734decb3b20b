"""Pools of workers that do as they are told (see `naughty`), and how to see what becomes of them."""

import asyncio
import os
import select
from collections.abc import Awaitable, Callable
from pathlib import Path

from processors.film.limits import LIMITS, Limits
from processors.film.sandbox.pool import Pool

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
