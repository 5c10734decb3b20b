"""Much of one thing takes time in proportion, and holds nothing else back."""

import os

from tests.faults.on_letters import redriven, undecided
from tests.faults.system import System

TIMES = 100_000
LETTERS = int(os.environ.get("LETTERS", "100000"))  # `make faults LETTERS=400000` takes a quarter of an hour
BOUND = 15.0  # seconds that a record takes which comes meanwhile


def test_somebody_who_cant_decide_costs_the_next_no_more(darkroom: System) -> None:
    took, last = undecided(darkroom, TIMES)
    print(f"{TIMES:,} likes taken back: folded in {took:.0f} s, one more in {last:.1f} s")
    darkroom.check({})
    assert last < BOUND


def test_very_many_letters_are_redriven_while_others_come(darkroom: System) -> None:
    applied, took, longest = redriven(darkroom, LETTERS)
    print(f"{LETTERS:,} letters redriven in {took:.0f} s; what came meanwhile took {longest:.1f} s at most")
    darkroom.check({})
    assert applied == LETTERS
    assert longest < BOUND
