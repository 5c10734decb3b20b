"""Which start of each node is running, as gossip tells it."""

from typing import Any

import pytest

from projections.store.protocol import StoreUnavailable
from projections.store.starts import ASKED_SECONDS, AWAY_SECONDS, NodeStarts, Seen, heard, name_of
from projections.store.survival import Starts, restarted

pytestmark = pytest.mark.anyio

A, B = ("10.0.0.1", 7000), ("10.0.0.2", 7000)


class Gossip:
    """What a node answers, and a clock."""

    def __init__(self, **generations: int) -> None:
        self.generations = generations
        self.seconds, self.outages, self.asked = 100.0, 0, 0
        self.down, self.silent, self.copies = False, "", "1"

    async def __call__(self, cql: str, values: Any = (), urgent: bool = False) -> list[tuple[Any, ...]]:
        if self.down:
            raise StoreUnavailable("down")
        if "system.local" in cql:
            return [("here",)]
        if "system_schema" in cql:
            return [({"class": "NetworkTopologyStrategy", "here": self.copies},)]
        self.asked += 1
        return [
            (name, 7000, "here", generation, 7 if name in self.silent else int(self.seconds))
            for name, generation in self.generations.items()
        ]

    def starts(self) -> NodeStarts:
        return NodeStarts(self, "darkroom", lambda: self.outages, lambda: self.seconds)


async def test_a_nodes_start_gives_another_answer_and_time_alone_does_not() -> None:
    gossip = Gossip(a=1, b=2)
    starts = gossip.starts()
    first = await starts()
    gossip.seconds += 2 * ASKED_SECONDS
    assert await starts() is first
    gossip.generations["b"] = 3
    gossip.seconds += 2 * ASKED_SECONDS
    assert restarted(first, await starts()) == {name_of("b", 7000)}


async def test_it_asks_rarely_but_at_once_when_a_node_went_down() -> None:
    gossip = Gossip(a=1)
    starts = gossip.starts()
    before = await starts()
    for _ in range(5):
        await starts()
    assert gossip.asked == 1
    gossip.outages += 1
    gossip.generations["a"] = 2
    assert await starts() != before
    assert gossip.asked == 2


async def test_a_node_whose_heart_stands_still_is_away_until_it_beats_again() -> None:
    gossip = Gossip(a=1, b=1)
    starts = gossip.starts()
    gossip.silent = "b"
    assert (await starts()).away == frozenset()
    gossip.seconds += AWAY_SECONDS
    assert (await starts()).away == {name_of("b", 7000)}
    gossip.silent = ""
    gossip.seconds += ASKED_SECONDS
    assert (await starts()).away == frozenset()


@pytest.mark.parametrize(("copies", "quorum"), [("1", 1), ("2", 2), ("3", 2), ("5", 3)])
async def test_the_quorum_is_that_of_the_keyspace(copies: str, quorum: int) -> None:
    gossip = Gossip(a=1)
    gossip.copies = copies
    assert await gossip.starts()() == Starts({name_of("a", 7000): 1}, quorum)


async def test_a_database_that_doesnt_answer_is_no_answer() -> None:
    gossip = Gossip(a=1)
    gossip.down = True
    starts = gossip.starts()
    with pytest.raises(StoreUnavailable):
        await starts()
    gossip.down = False
    assert (await starts()).generations == {name_of("a", 7000): 1}


def test_a_node_that_hasnt_heard_of_anothers_start_takes_nothing_back() -> None:
    """Seen to fail with the last answer taken: two nodes' answers in turn would be two restarts."""
    known = {name_of(*A): Seen(5, 1, 0.0), name_of(*B): Seen(9, 4, 0.0)}
    told = heard(known, [(*A, "here", 6, 0), (*B, "here", 8, 700)], "here", 1.0)
    assert told == {name_of(*A): Seen(6, 0, 1.0), name_of(*B): Seen(9, 4, 0.0)}


def test_a_node_that_is_gone_counts_no_more_and_another_datacenters_never_does() -> None:
    known = {name_of(*A): Seen(5, 1, 0.0), name_of(*B): Seen(9, 4, 0.0)}
    told = heard(known, [(*A, "here", 5, 1), ("10.9.9.9", 7000, "there", 7, 1)], "here", 1.0)
    assert told == {name_of(*A): Seen(5, 1, 0.0)}
