"""Each failpoint is somewhere in the processors, and says what is durable there and what recovery must do."""

import re
from pathlib import Path

import pytest

from processors import failpoints
from processors.failpoints import PLACES, arm

SOURCE = Path(failpoints.__file__).parent


def test_the_places_that_can_be_armed_are_the_ones_that_are_reached() -> None:
    """Seen to fail with a place left out of the table, and with one that is nowhere."""
    reached = [name for path in SOURCE.rglob("*.py") for name in re.findall(r'reached\("([^"]+)"\)', path.read_text())]
    assert sorted(reached) == sorted(PLACES)


@pytest.mark.parametrize("name", PLACES)
def test_a_place_says_what_is_durable_and_what_recovery_must_do(name: str) -> None:
    place = PLACES[name]
    assert place.durable.endswith(".")
    assert len(place.recovery.split()) > 5


@pytest.mark.parametrize("setting", ["nowhere", "after-rows:x", "after-rows:1:sleep"])
def test_what_is_no_place_cant_be_armed(setting: str) -> None:
    with pytest.raises(ValueError, match=r"DARKROOM_FAILPOINT=|invalid literal"):
        arm(setting)
