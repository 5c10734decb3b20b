"""Which start of each node is running, as gossip tells it."""

from typing import Any

import pytest

from projections.store.protocol import StoreUnavailable
from projections.store.starts import ASKED_SECONDS, NodeStarts, digest, merged

pytestmark = pytest.mark.anyio

A, B = ("10.0.0.1", 7000), ("10.0.0.2", 7000)


class Gossip:
    """What a node answers, and a clock."""

    def __init__(self, **generations: int) -> None:
        self.generations = generations
        self.seconds, self.outages, self.asked = 100.0, 0, 0
        self.down = False

    async def __call__(self, cql: str) -> list[tuple[Any, ...]]:
        if self.down:
            raise StoreUnavailable("down")
        if "system.local" in cql:
            return [("here",)]
        self.asked += 1
        return [(name, 7000, "here", generation) for name, generation in self.generations.items()]

    def starts(self) -> NodeStarts:
        return NodeStarts(self, lambda: self.outages, lambda: self.seconds)


async def test_a_nodes_start_gives_another_answer_and_time_alone_does_not() -> None:
    gossip = Gossip(a=1, b=2)
    starts = gossip.starts()
    first = await starts()
    gossip.seconds += 2 * ASKED_SECONDS
    assert await starts() == first
    gossip.generations["b"] = 3
    gossip.seconds += 2 * ASKED_SECONDS
    assert await starts() != first


async def test_it_asks_rarely_but_at_once_when_a_node_went_down() -> None:
    gossip = Gossip(a=1)
    starts = gossip.starts()
    for _ in range(5):
        await starts()
    assert gossip.asked == 1
    gossip.outages += 1
    gossip.generations["a"] = 2
    before = digest({("a", 7000): 1})
    assert await starts() != before
    assert gossip.asked == 2


async def test_a_database_that_doesnt_answer_is_no_answer() -> None:
    gossip = Gossip(a=1)
    gossip.down = True
    starts = gossip.starts()
    with pytest.raises(StoreUnavailable):
        await starts()
    gossip.down = False
    assert await starts() == digest({("a", 7000): 1})


def test_a_node_that_hasnt_heard_of_anothers_start_takes_nothing_back() -> None:
    """Seen to fail with the last answer taken: two nodes' answers in turn would be two restarts."""
    known = merged({A: 5, B: 9}, [(*A, "here", 6), (*B, "here", 8)], "here")
    assert known == {A: 6, B: 9}


def test_a_node_that_is_gone_counts_no_more_and_another_datacenters_never_does() -> None:
    assert merged({A: 5, B: 9}, [(*A, "here", 5), ("10.9.9.9", 7000, "there", 7)], "here") == {A: 5}
