"""Without a broker: a worker waits for it, goes on when it is back, and can be stopped meanwhile."""

import asyncio
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from events.settings import Settings
from ops.local_servers import on_free_ports
from ops.servers import kafka
from ops.supervisor.children import Children, running
from tests.transport.live import Log, eventually, new_log, unique, workers
from tests.transport.test_workers import count_of, handled, lines

pytestmark = pytest.mark.anyio


@pytest.fixture
def broker(tmp_path: Path) -> Generator[tuple[Children, Log]]:
    """A broker of the test's own, to be killed."""
    settings = on_free_ports(Settings.model_validate({"home": tmp_path / "home"}))
    with running([kafka.server(settings)], tmp_path / "logs", 0) as children:
        yield children, new_log(settings, 4)


async def test_a_worker_outlives_its_broker(broker: tuple[Children, Log], tmp_path: Path) -> None:
    children, log = broker
    log.append(400)
    with workers(log, tmp_path, unique("outlives")) as start:
        worker = start("work")
        await eventually(lambda: sum(map(count_of, handled(tmp_path).values())) == 400)
        await asyncio.to_thread(children.kill, "kafka")
        await eventually(lambda: "ERROR aiokafka" in worker.errors.read_text())
        await asyncio.to_thread(children.start_again, "kafka")
        await asyncio.to_thread(log.append, 400)
        await eventually(lambda: sum(map(count_of, handled(tmp_path).values())) == 800)
        worker.terminate()
        assert worker.status() == 0


async def test_a_worker_can_be_stopped_while_there_is_no_broker(broker: tuple[Children, Log], tmp_path: Path) -> None:
    children, log = broker
    log.append(4)
    with workers(log, tmp_path, unique("alone")) as start:
        worker = start("down")
        await eventually(lambda: len(lines(tmp_path / "trying")) >= 2 * log.partitions)
        await asyncio.to_thread(children.kill, "kafka")
        await eventually(lambda: "ERROR aiokafka" in worker.errors.read_text())
        began = time.monotonic()
        worker.terminate()
        assert worker.status() == 0
        assert time.monotonic() - began < 15  # 4 on a quiet machine; Faust's own way takes a minute or for ever
