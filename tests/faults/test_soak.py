"""A short soak; `make soak ROUNDS=20` is a long one."""

from tests.faults.soak import rounds
from tests.faults.system import System

SEED = 5


def test_a_short_soak_does_no_harm(darkroom: System) -> None:
    assert rounds(darkroom, 2, SEED) == 0
