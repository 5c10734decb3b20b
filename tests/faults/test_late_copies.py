"""Copies that Kafka delivers late undo nothing, and give nobody's handle to somebody else.

Seen to fail without the rule of copies: the title is A, who came back is deactivated, two people have one handle."""

from collections.abc import Generator

import pytest

from tests.faults.late_copies import copies_land_late
from tests.faults.network import network
from tests.faults.system import System, system


@pytest.fixture(scope="module")
def apart() -> Generator[System]:
    """A system behind whose network there is room for a second gateway."""
    with network() as net, system(people=20, net=net) as made:
        yield made


@pytest.mark.parametrize("killed", [False, True], ids=["cut off", "cut off and killed"])
def test_copies_of_a_gateway_that_was_cut_off_undo_nothing(apart: System, killed: bool) -> None:
    expected, found = copies_land_late(apart, killed=killed)
    assert found == expected
