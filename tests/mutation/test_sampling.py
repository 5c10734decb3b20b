"""A sample is the same for the same seed, and has something of every module."""

from tests.mutation.sampling import LEAST, sample, shares_of

MUTANTS = {"large": range(1000), "middle": range(200), "small": range(5), "tiny": range(2)}


def test_the_same_seed_draws_the_same_sample() -> None:
    assert sample(MUTANTS, 100, 1) == sample(MUTANTS, 100, 1)
    assert sample(MUTANTS, 100, 1) != sample(MUTANTS, 100, 2)


def test_each_module_has_its_share_and_at_least_a_few() -> None:
    shares = shares_of({module: len(found) for module, found in MUTANTS.items()}, 100)
    assert (shares["small"], shares["tiny"]) == (LEAST, 2)
    assert shares["large"] in (4 * shares["middle"], *range(5 * shares["middle"] - 5, 5 * shares["middle"] + 6))
    assert 98 <= sum(shares.values()) <= 100


def test_a_sample_of_more_than_there_is_is_everything() -> None:
    assert sample(MUTANTS, 5000, 1) == {module: list(found) for module, found in MUTANTS.items()}
