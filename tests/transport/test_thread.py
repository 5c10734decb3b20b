"""Work in aiokafka's thread whose caller is cancelled: its error is nobody's, and nobody is told of it."""

import asyncio
import gc
import threading
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from processors.transport.fetcher import Thread

pytestmark = pytest.mark.anyio


class Elsewhere:
    """A loop in another thread, and what it reports of exceptions that nobody retrieved."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.reported: list[str] = []
        self.loop.set_exception_handler(lambda _, context: self.reported.append(str(context["message"])))
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    async def run(self, work: Any) -> Any:
        """`Thread.run`, of a transport's thread that is nothing but this loop."""
        return await Thread.run(SimpleNamespace(thread_loop=self.loop), work)  # type: ignore[arg-type]

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture
def elsewhere() -> Generator[Elsewhere]:
    made = Elsewhere()
    yield made
    made.close()


async def test_the_caller_gets_what_comes_of_it(elsewhere: Elsewhere) -> None:
    async def fine() -> int:
        return 7

    async def broken() -> None:
        raise KafkaError("away")

    assert await elsewhere.run(fine()) == 7
    with pytest.raises(KafkaError, match="away"):
        await elsewhere.run(broken())


async def test_an_error_after_the_caller_was_cancelled_is_not_reported(elsewhere: Elsewhere) -> None:
    begun, over = threading.Event(), threading.Event()

    async def commit() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            over.set()
            raise KafkaError("closed") from None

    caller = asyncio.create_task(elsewhere.run(commit()))
    await asyncio.to_thread(begun.wait, 5)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await asyncio.to_thread(over.wait, 5)
    assert await elsewhere.run(asyncio.sleep(0, "later")) == "later"  # the work before it has ended
    gc.collect()
    assert await elsewhere.run(asyncio.sleep(0, "later still")) == "later still"
    assert elsewhere.reported == []
