"""What all tests share: the four servers, started once, for the tests that ask for them."""

import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from events.settings import Settings
from ops.local_servers import local_servers
from ops.provision import prepare
from ops.servers.java import START_FAST


@pytest.fixture(scope="session")
def servers() -> Generator[Settings]:
    """Kafka, Cassandra, the registry and S3, alone on free ports, with a home that goes when the tests end.

    One start for the whole session: a test makes topics, keyspaces and keys of its own.
    """
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-test-") as home,
        local_servers(Settings.model_validate({"home": Path(home), "java_options": START_FAST}), grace=0) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def darkroom(servers: Settings) -> Settings:
    """The servers with Darkroom's topics, schemas, tables and roles."""
    prepare(servers)
    return servers


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as everything here does."""
    return "asyncio"
