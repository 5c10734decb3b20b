"""One system for all faults that can share one: they come one after another, and leave it right."""

from collections.abc import Generator

import pytest

from tests.faults.system import System, system


@pytest.fixture(scope="package")
def darkroom() -> Generator[System]:
    """Servers, topics, tables and people; no workers."""
    with system() as made:
        yield made
