"""Draws a sample of the mutants in which every module has its share, the same one for the same seed."""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

LEAST = 3  # of each module, however small


def sample(mutants: Mapping[str, Sequence[T]], size: int, seed: int) -> dict[str, list[T]]:
    """About `size` of the modules' mutants, each module's in their order."""
    shares = shares_of({module: len(found) for module, found in mutants.items()}, size)
    drawn: dict[str, list[T]] = {}
    for module, found in mutants.items():
        indices = random.Random(f"{seed} {module}").sample(range(len(found)), shares[module])
        drawn[module] = [found[i] for i in sorted(indices)]
    return drawn


def shares_of(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """How many of each module: in proportion to how many it has, at least LEAST, about `size` in all."""
    total = sum(sizes.values())
    if size >= total:
        return dict(sizes)
    low, high = 0.0, 1.0
    for _ in range(50):  # the share of all that gives the size, found by halving
        middle = (low + high) / 2
        if sum(_shares(sizes, middle).values()) <= size:
            low = middle
        else:
            high = middle
    return _shares(sizes, low)


def _shares(sizes: Mapping[str, int], share: float) -> dict[str, int]:
    return {module: min(of, max(LEAST, round(of * share))) for module, of in sizes.items()}
