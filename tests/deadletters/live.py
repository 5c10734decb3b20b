"""What the live tests do: run a worker and the command, wait, and ask the servers."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from events.schema import all_schemas
from events.settings import Settings
from ops.secrets import environment
from projections.catalog import of_topic
from projections.progress import next_offsets
from projections.store.protocol import Store

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0  # seconds; a busy machine


@contextmanager
def worker(settings: Settings, *names: str) -> Generator[subprocess.Popen[bytes]]:
    """A worker process that hosts these apps; its log is told if it ends by itself."""
    log = settings.home / "logs" / f"worker-{'-'.join(names)}.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "ops.cli", "worker", *names]
        process = subprocess.Popen(command, cwd=ROOT, env=environment(settings), stdout=out, stderr=out)
        try:
            yield process
            assert process.poll() is None, log.read_text()[-3000:]
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def eventually(true: Callable[[], Awaitable[bool]], what: str) -> None:
    """Returns when `true` is. AssertionError after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while not await true():
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what}"
        await asyncio.sleep(0.1)


async def folded(store: Store, ends: Sequence[tuple[str, int, int]]) -> bool:
    """Whether every projection of these (topic, partition, next offset) has folded them to their very ends."""
    for topic, partition, end in ends:
        known = await next_offsets(store, topic, partition)
        if any(known.get((each.name, 1), 0) != end for each in of_topic(topic)):
            return False
    return True


def command(settings: Settings, *arguments: str) -> tuple[int, Any, str]:
    """`darkroom deadletters …`: its exit status, what it printed (JSON if it is), what it said on stderr."""
    ran = subprocess.run(
        [sys.executable, "-m", "ops.cli", "deadletters", *arguments],
        cwd=ROOT,
        env=environment(settings),
        stdin=subprocess.DEVNULL,  # nobody to ask
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    try:
        return ran.returncode, json.loads(ran.stdout), ran.stderr
    except ValueError:
        return ran.returncode, ran.stdout, ran.stderr


def register(settings: Settings, note: str) -> int:
    """Registers a like's schema once more, with a note in it, under a subject of its own: the id it got."""
    avro = dict(all_schemas()["darkroom.reactions.PhotoLiked"].avro)
    subject = f"test-{uuid4()}"
    schema = avro | {"doc": f"{avro['doc']} ({note}, {subject})"}
    answer = httpx.post(
        f"{settings.registry_url}/subjects/{subject}/versions", json={"schema": json.dumps(schema)}, timeout=PATIENCE
    )
    return answer.raise_for_status().json()["id"]
