"""A topic for each test, on the session's broker."""

import pytest

from events.settings import Settings
from tests.transport.live import Log, new_log


@pytest.fixture
def log(servers: Settings) -> Log:
    """A topic of four partitions."""
    return new_log(servers, 4)
