"""What a database of several nodes may have lost: the rule, against every way in which replicas can lack a row."""

from itertools import combinations, product

import pytest

from projections.store.survival import Starts, may_be_lost, restarted, surely_kept, throughout

A1 = Starts({"a": 1, "b": 1, "c": 1}, quorum=2)


def starts(a: int, b: int, c: int, away: str = "", quorum: int = 2) -> Starts:
    return Starts({"a": a, "b": b, "c": c}, quorum, frozenset(away))


@pytest.mark.parametrize(("then_away", "now_away"), list(product(["", "a", "ab"], repeat=2)))
@pytest.mark.parametrize("ended", ["", "a", "ab", "abc", "c"])
def test_a_read_misses_nothing_where_the_rule_says_so(ended: str, then_away: str, now_away: str) -> None:
    """Of each quorum of nodes that can be read: somebody has the row, or it may be lost. Seen to fail with a quorum
    taken for one more than it is, and with those that were away taken for there."""
    then = starts(1, 1, 1, then_away)
    now = Starts({name: 1 + (name in ended) for name in "abc"}, 2, frozenset(now_away))
    has = {name for name in "abc" if name not in ended and name not in then_away}
    reads = [set(read) for read in combinations(sorted(set("abc") - set(now_away)), 2)]
    missed = bool(ended) and any(not read & has for read in reads)
    assert may_be_lost(then, now) == missed
    later = [set(read) for read in combinations("abc", 2)]  # whoever is away now may come back without it
    assert surely_kept(then, now) == all(read & (has - set(now_away)) for read in later)


def test_with_one_replica_each_start_counts() -> None:
    assert may_be_lost(starts(1, 1, 1, quorum=1), starts(1, 2, 1, quorum=1))
    assert not may_be_lost(starts(1, 1, 1, quorum=1), starts(1, 1, 1, "b", quorum=1))


def test_one_node_may_start_as_often_as_it_likes() -> None:
    assert not any(may_be_lost(A1, starts(1, number, 1)) for number in range(2, 50))
    assert may_be_lost(A1, starts(2, 50, 1))


def test_a_node_that_was_away_and_lost_nothing_is_no_loss_without_a_start() -> None:
    assert not may_be_lost(starts(1, 1, 1, "ab"), A1)
    assert may_be_lost(starts(1, 1, 1, "a"), starts(1, 2, 1))


def test_nodes_that_come_or_go_count() -> None:
    assert restarted(A1, Starts({"a": 1, "b": 1, "d": 1}, 2)) == {"c", "d"}


@pytest.mark.parametrize("which", [A1, starts(1, 255, 3, "bc"), A1.forgotten()])
def test_a_text_tells_all_but_the_quorum(which: Starts) -> None:
    told = Starts.of(str(which))
    assert (told.generations, told.away) == (which.generations, which.away)


def test_a_text_of_another_kind_tells_of_an_unknown_start() -> None:
    assert may_be_lost(Starts.of("9f86d081884c7d65"), A1)


def test_what_was_the_same_all_the_time_is_known_and_else_nothing() -> None:
    whole = throughout([A1, starts(1, 2, 1), starts(1, 2, 1, "c")])
    assert restarted(whole, starts(1, 2, 1)) == {"b"}
    assert whole.away == {"c"}
    assert may_be_lost(A1.forgotten(), A1)
