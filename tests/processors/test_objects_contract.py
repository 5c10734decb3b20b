"""One contract for the bucket and the one in memory: what the filter relies on."""

from collections.abc import Awaitable, Callable, Iterator
from uuid import uuid4

import pytest

from events.settings import Settings
from ops.provision import create_bucket
from ops.secrets import with_values
from processors import objects as objects_module
from processors.object_store import ObjectChanged, ObjectStore, ObjectsUnavailable
from processors.objects import Objects
from producers.s3 import SENTINEL
from tests.kit import run
from tests.processors.objects import MemoryObjects, etag_of

pytestmark = pytest.mark.anyio

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


def test_all_objects_under_a_prefix_are_removed_and_no_others(
    on: Callable[[Scenario], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects_module, "PAGE", 2)

    async def scenario(objects: ObjectStore, key: str) -> None:
        theirs = [f"{key}/{name}" for name in ("a", "b", "c/d", "c/e", "f")]
        for one in (*theirs, f"{key}s/a", f"{key}.jpg"):
            await objects.write(one, b"a photo")
        for _ in range(2):
            await objects.remove_all(f"{key}/")
            for one in theirs:
                with pytest.raises(ObjectChanged):
                    await objects.read(one, etag_of(b"a photo"), 7)
        for one in (f"{key}s/a", f"{key}.jpg"):
            assert await objects.read(one, etag_of(b"a photo"), 7) == b"a photo"

    on(scenario)


def test_everything_is_never_removed(on: Callable[[Scenario], None]) -> None:
    async def scenario(objects: ObjectStore, key: str) -> None:
        await objects.write(key, b"a photo")
        with pytest.raises(ValueError, match="everything"):
            await objects.remove_all("")
        assert await objects.read(key, etag_of(b"a photo"), 7) == b"a photo"

    on(scenario)


@pytest.fixture(params=["memory", "emptied", "without", "none"])
def wrong(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    """A bucket that isn't ours: in memory, ours with its objects gone, somebody else's, one that isn't there."""
    if request.param == "memory":
        memory = MemoryObjects()
        memory.sentinel = False
        yield memory
        return
    other = with_values(request.getfixturevalue("darkroom"), bucket=f"{request.param}-{uuid4()}")
    objects = Objects(other)
    if request.param != "none":
        create_bucket(other)
        objects._client.delete_object(Bucket=other.bucket, Key=SENTINEL)
    if request.param == "without":
        objects._client.put_object(Bucket=other.bucket, Key="theirs", Body=b"something")
    yield objects
    objects.close()


async def test_a_bucket_without_its_sentinel_says_nothing_about_a_photo(wrong: ObjectStore) -> None:
    """Seen to fail without the look for the sentinel: every photo would be rejected, as its upload is gone."""
    for _ in range(2):
        with pytest.raises(ObjectsUnavailable):
            await wrong.read("uploads/one", etag_of(b"a photo"), 7)
        with pytest.raises(ObjectsUnavailable):
            await wrong.remove("uploads/one")
        with pytest.raises(ObjectsUnavailable):
            await wrong.remove_all("photos/one/")


def test_a_wrong_bucket_is_named_with_what_to_do(darkroom: Settings) -> None:
    for lacks, bucket in (("there is no bucket nowhere", "nowhere"), ("the bucket bare lacks its sentinel", "bare")):
        objects = Objects(with_values(darkroom, bucket=bucket))
        if bucket == "bare":
            objects._client.create_bucket(Bucket=bucket)
        with pytest.raises(ObjectsUnavailable, match=f"{lacks}.*DARKROOM_BUCKET.*darkroom up"):
            run(objects.read("uploads/one", '"one"', 7))
        objects.close()


def test_a_bucket_of_an_older_version_gets_its_sentinel(darkroom: Settings) -> None:
    objects = Objects(with_values(darkroom, bucket="older"))
    objects._client.create_bucket(Bucket="older")
    run(objects.write("uploads/one", b"a photo"))
    for _ in range(2):
        create_bucket(with_values(darkroom, bucket="older"))
        with pytest.raises(ObjectChanged):
            run(objects.read("uploads/two", etag_of(b"a photo"), 7))
        assert run(objects.read("uploads/one", etag_of(b"a photo"), 7)) == b"a photo"
    objects.close()
