"""A worker with an id that is started again within its session interrupts no other; two with one id don't both stay."""

import json
from pathlib import Path

import pytest

from tests.transport.live import Log, eventually, unique, workers
from tests.transport.test_workers import count_of, handled, lines

pytestmark = pytest.mark.anyio


def assignments(folder: Path) -> list[frozenset[int]]:
    """The partitions of each assignment of any worker, as they came."""
    return [frozenset(map(int, json.loads(line))) for line in lines(folder / "starts")]


def shared(folder: Path) -> bool:
    """Whether two workers have two partitions each, by the last assignments."""
    found = assignments(folder)[-2:]
    return [len(each) for each in found] == [2, 2] and not found[0] & found[1]


def done(folder: Path) -> int:
    """How many records were handled."""
    return sum(map(count_of, handled(folder).values()))


@pytest.mark.parametrize("how", ["terminate", "kill"])
async def test_a_worker_that_is_back_within_its_session_has_its_partitions_and_the_other_keeps_its_own(
    log: Log, tmp_path: Path, how: str
) -> None:
    """Seen to fail without ids: the other's partitions are taken from it, and it is assigned some twice."""
    with workers(log, tmp_path, unique("static")) as start:
        start("work", "one")
        two = start("work", "two")
        await eventually(lambda: shared(tmp_path))
        before = assignments(tmp_path)
        log.append(400)
        await eventually(lambda: done(tmp_path) == 400)
        getattr(two, how)()
        two.status()
        start("work", "two")
        log.append(400)
        await eventually(lambda: done(tmp_path) == 800)
        (again,) = assignments(tmp_path)[len(before) :]
        assert again in before[-2:]


async def test_of_two_processes_with_one_id_the_older_ends_and_says_why(log: Log, tmp_path: Path) -> None:
    """Seen to fail with aiokafka's own coordinator: each takes the place from the other, again and again."""
    group = unique("fenced")
    with workers(log, tmp_path, group) as start:
        older = start("work", "one")
        await eventually(lambda: len(assignments(tmp_path)) == 1)
        newer = start("work", "one")
        assert older.status() == 1
        said = older.errors.read_text()
        assert f"another process is worker 'one' of the group {group}: give each process a DARKROOM_WORKER_ID" in said
        log.append(400)
        await eventually(lambda: done(tmp_path) == 400)
        assert newer.process.poll() is None
        assert len(assignments(tmp_path)) == 2
