"""Worker processes on a live broker: stopped, killed, joining and leaving, refusing."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections import defaultdict
from pathlib import Path

import pytest

from tests.transport.live import PATIENCE, Log, WorkerProcess, eventually, unique, workers

pytestmark = pytest.mark.anyio

STOP_SECONDS = 5.0  # two or so on a quiet machine


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def handled(folder: Path) -> dict[int, list[tuple[int, int]]]:
    """By partition, the spans of offsets that were handled, as they were."""
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for line in lines(folder / "handled"):
        partition, first, end = map(int, line.split())
        spans[partition].append((first, end))
    return spans


def progress(folder: Path, partition: int) -> int:
    path = folder / f"progress-{partition}"
    return int(path.read_text()) if path.exists() else 0


def count_of(spans: list[tuple[int, int]]) -> int:
    """How many different offsets spans cover."""
    return len({offset for first, end in spans for offset in range(first, end)})


def get(worker: WorkerProcess, path: str) -> tuple[int, str]:
    """An answer of the worker's own server: status and body; 0 when nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


async def test_sigterm_stops_a_worker_whose_handlers_try_for_ever(log: Log, tmp_path: Path) -> None:
    log.append(100)
    group = unique("down")
    with workers(log, tmp_path, group) as start:
        worker = start("down")
        await eventually(lambda: len(lines(tmp_path / "trying")) >= 2 * log.partitions)
        began = time.monotonic()
        worker.terminate()
        assert worker.status() == 0
        took = time.monotonic() - began
        print(f"stopped in {took:.2f} s")
        assert took < STOP_SECONDS
    assert log.committed(group) == {}


async def test_a_worker_says_that_it_lives_is_ready_and_what_it_did(log: Log, tmp_path: Path) -> None:
    log.append(100)
    with workers(log, tmp_path, unique("web")) as start:
        worker = start("work")
        await eventually(lambda: get(worker, "/readyz") == (200, '{"waiting": [], "stopped": {}}'))
        await eventually(lambda: sum(map(count_of, handled(tmp_path).values())) == 100)
        assert get(worker, "/healthz") == (200, '{"crashed": []}')
        await eventually(lambda: f'topic="{log.topic}"}} 100.0' in get(worker, "/metrics")[1].replace("_created", ""))


async def test_a_killed_worker_is_followed_exactly_where_its_progress_ends(log: Log, tmp_path: Path) -> None:
    log.append(20_000)
    group = unique("killed")
    with workers(log, tmp_path, group) as start:
        first = start("work")
        await eventually(lambda: all(progress(tmp_path, number) > 500 for number in range(4)))
        first.kill()
        known = {number: progress(tmp_path, number) for number in range(4)}
        before = handled(tmp_path)
        assert sum(map(count_of, before.values())) < 20_000
        start("work")
        await eventually(lambda: all(progress(tmp_path, number) == 5000 for number in range(4)))
        for number, spans in handled(tmp_path).items():
            assert spans[len(before[number])][0] == known[number]
            # One span may be twice: listed before the kill, its progress not yet written.
            assert count_of(spans) == 5000
            assert sum(end - begin for begin, end in spans) <= 5000 + 50


def test_workers_that_come_and_go_leave_no_record_out(log: Log, tmp_path: Path) -> None:
    log.append(50_000)
    group = unique("shared")

    def done() -> int:
        return sum(progress(tmp_path, number) for number in range(4))

    async def body() -> None:
        with workers(log, tmp_path, group) as start:
            first = start("work")
            await eventually(lambda: done() > 4_000)
            second = start("work")
            await eventually(lambda: len(lines(tmp_path / "starts")) >= 3 and done() > 10_000)
            first.terminate()
            assert first.status() == 0
            third = start("work")
            reached = done()
            await eventually(lambda: done() > min(reached + 4_000, 49_000))
            second.kill()
            await eventually(lambda: done() == 50_000)
            third.terminate()
            assert third.status() == 0

    asyncio.run(asyncio.wait_for(body(), 3 * PATIENCE))
    spans = handled(tmp_path)
    assert {number: count_of(spans[number]) for number in range(4)} == dict.fromkeys(range(4), 12_500)
    # What was committed was handled; and every start is an end that was reached.
    assert log.committed(group) == dict.fromkeys(range(4), 12_500)
    for starts in lines(tmp_path / "starts"):
        for number, offset in json.loads(starts).items():
            assert offset == 0 or any(end == offset for _, end in spans[int(number)])


async def test_a_worker_that_would_start_beyond_the_log_exits_with_an_error(log: Log, tmp_path: Path) -> None:
    log.append(40)
    (tmp_path / "progress-3").write_text("11")
    with workers(log, tmp_path, unique("beyond")) as start:
        for mode in ("work", "down"):  # alone, and as one of two apps
            worker = start(mode)
            assert worker.status() == 1
            said = worker.errors.read_text()
            assert f"{log.topic}-3 would start at 11, beyond the log's end: the log has offsets 0 to 9" in said
    assert not handled(tmp_path)
