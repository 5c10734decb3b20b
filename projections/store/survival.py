"""What the database may have lost: how many of its nodes must have started since something was acknowledged.

A node acknowledges a write before it syncs its commit log, so one that ends and starts again may lack its last moments;
and one that was away lacks what was written meanwhile, until it is handed over. Of everything else a replica has what
was acknowledged. A row is acknowledged by a quorum of its replicas and read from one:

    quorum = replication // 2 + 1                       LOCAL_QUORUM: 1 of 1, 2 of 2, 2 of 3, 3 of 5

**A read can miss a row that was acknowledged only if a quorum of its replicas lacks it**, because a read asks a
quorum of them, and finds the row if one of those has it. Which nodes a row's replicas are isn't asked: any of the
cluster's could be. Hence

- *it may be lost* once so many nodes as are a quorum lack it, one of them by a start: `may_be_lost`. A node that is
  away now answers no read, so it counts when it is back, by its start or for having been away.
- *it is surely kept* if, so long after the write that a node which lives has synced it, fewer nodes than a quorum have
  started since, were away then or are away now: `surely_kept`. Where neither holds, only time can tell.

So with three replicas one node may start as often as it likes. With one replica each start counts.

What isn't seen: a replica that drops a single write while it lives, for being overloaded. The coordinator keeps a hint
and hands it over within some ten seconds; until then that replica lacks the row without being counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Self

UNKNOWN = 0  # a generation that is no start of any node: it counts as another one than whichever runs


@dataclass(frozen=True, slots=True)
class Starts:
    """Which start of each node is running.

    - `generations`: a number for each node by its name, another one after each start
    - `quorum`: how many of a row's replicas are asked
    - `away`: the nodes that aren't heard of
    """

    generations: Mapping[str, int]
    quorum: int = 1
    away: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str) -> Self:
        """What `str` made a text of, all but the quorum. Another kind of text is an unknown start of some node."""
        generations: dict[str, int] = {}
        away: set[str] = set()
        for entry in text.split(","):
            name, _, generation = entry.partition(":")
            generations[name] = int(generation.rstrip("?") or "0", 16)
            if generation.endswith("?"):
                away.add(name)
        return cls(generations, away=frozenset(away))

    def __str__(self) -> str:
        """A short text: some 18 characters a node."""
        return ",".join(
            f"{name}:{generation:x}{'?' * (name in self.away)}" for name, generation in sorted(self.generations.items())
        )

    def forgotten(self) -> "Starts":
        """Of the same nodes, starts that are over: under them, everything may be lost."""
        return Starts(dict.fromkeys(self.generations, UNKNOWN), self.quorum)


def restarted(then: Starts, now: Starts) -> frozenset[str]:
    """The nodes that have started since, with those that are new or gone."""
    if then.generations is now.generations:
        return frozenset()
    names = then.generations.keys() | now.generations.keys()
    return frozenset(
        name
        for name in names
        if UNKNOWN in (known := (then.generations.get(name, UNKNOWN), now.generations.get(name, UNKNOWN)))
        or known[0] != known[1]
    )


def may_be_lost(then: Starts, now: Starts) -> bool:
    """Whether a read may miss now what was acknowledged then, not long before some node ended."""
    started = restarted(then, now)
    return bool(started) and len((started | then.away) - now.away) >= now.quorum


def surely_kept(then: Starts, now: Starts) -> bool:
    """Whether no read will miss what was acknowledged then, which is so long ago that whoever lives has synced it."""
    return len(restarted(then, now) | then.away | now.away) < now.quorum


def throughout(starts: Iterable[Starts]) -> Starts:
    """What all these have in common, at least one: a node's start if it was always the same; away is who ever was."""
    return reduce(both, starts)


def both(one: Starts, other: Starts) -> Starts:
    """See `throughout`."""
    if one is other:
        return one
    changed = restarted(one, other)
    generations = {**one.generations, **other.generations, **dict.fromkeys(changed, UNKNOWN)}
    return Starts(generations, other.quorum, one.away | other.away)
