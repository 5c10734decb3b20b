"""One contract for the bucket and the one in memory: what the filter relies on."""

from collections.abc import Awaitable, Callable, Iterator
from uuid import uuid4

import pytest

from events.settings import Settings
from processors.object_store import ObjectChanged, ObjectStore
from processors.objects import Objects
from tests.kit import run
from tests.processors.objects import MemoryObjects, etag_of

Scenario = Callable[[ObjectStore, str], Awaitable[None]]


@pytest.fixture(scope="module")
def bucket(darkroom: Settings) -> Iterator[Objects]:
    objects = Objects(darkroom)
    yield objects
    objects.close()


@pytest.fixture(params=["memory", "bucket"])
def on(request: pytest.FixtureRequest) -> Callable[[Scenario], None]:
    """Runs a scenario on one of the two, with a key of its own."""
    objects = MemoryObjects() if request.param == "memory" else request.getfixturevalue("bucket")
    return lambda scenario: run(scenario(objects, f"uploads/{uuid4()}"))


def test_an_object_is_read_as_it_was_written(on: Callable[[Scenario], None]) -> None:
    async def scenario(objects: ObjectStore, key: str) -> None:
        await objects.write(key, b"a photo")
        assert await objects.read(key, etag_of(b"a photo"), 7) == b"a photo"

    on(scenario)


def test_of_an_object_that_is_too_large_one_byte_more_is_read(on: Callable[[Scenario], None]) -> None:
    async def scenario(objects: ObjectStore, key: str) -> None:
        await objects.write(key, b"a photo")
        assert await objects.read(key, etag_of(b"a photo"), 3) == b"a ph"
        assert await objects.read(key, etag_of(b"a photo"), 6) == b"a photo"

    on(scenario)


def test_an_object_that_isnt_there_has_changed(on: Callable[[Scenario], None]) -> None:
    async def scenario(objects: ObjectStore, key: str) -> None:
        with pytest.raises(ObjectChanged):
            await objects.read(key, etag_of(b"a photo"), 7)

    on(scenario)


def test_an_object_with_another_etag_has_changed(on: Callable[[Scenario], None]) -> None:
    async def scenario(objects: ObjectStore, key: str) -> None:
        await objects.write(key, b"a photo")
        await objects.write(key, b"another")
        with pytest.raises(ObjectChanged):
            await objects.read(key, etag_of(b"a photo"), 7)
        assert await objects.read(key, etag_of(b"another"), 7) == b"another"

    on(scenario)


def test_an_object_is_removed_once_and_again(on: Callable[[Scenario], None]) -> None:
    async def scenario(objects: ObjectStore, key: str) -> None:
        await objects.write(key, b"a photo")
        await objects.write(f"{key}.jpg", b"its neighbour")
        for _ in range(2):
            await objects.remove(key)
            with pytest.raises(ObjectChanged):
                await objects.read(key, etag_of(b"a photo"), 7)
        assert await objects.read(f"{key}.jpg", etag_of(b"its neighbour"), 99) == b"its neighbour"

    on(scenario)
