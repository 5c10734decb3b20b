"""One system for all faults that can share one: they come one after another, and leave it right."""

from collections.abc import Generator

import pytest

from tests.faults.network import network
from tests.faults.system import System, system


@pytest.fixture(scope="package")
def shared() -> Generator[System]:
    """Servers, topics, tables and people; far processes are behind a network of the tests' own."""
    with network() as net, system(net=net) as made:
        yield made


@pytest.fixture
def darkroom(shared: System) -> Generator[System]:
    """The shared system, without workers before the test and after it, whatever came of it."""
    yield shared
    shared.net.heal()
    shared.stop_workers()
