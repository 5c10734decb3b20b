"""Which node has a partition: what is asked for at the node that has it, that node needn't ask others for."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cassandra.cluster import EXEC_PROFILE_DEFAULT, Session
from cassandra.policies import HostDistance

from projections.store.groups import Key, OwnerOf
from projections.store.inserts import WRITERS
from projections.store.replication import REPLICATION, Execute, copies
from projections.store.table import Table


class Ring:
    """The nodes of a keyspace in our datacenter, as the driver knows them now."""

    def __init__(self, session: Session, keyspace: str, execute: Execute):
        self._keyspace, self._execute = keyspace, execute
        self._current = CurrentTokens(session.cluster, lambda host: is_here(session, host))
        self._copies: int | None = None  # of a row in our datacenter, once we have asked

    async def owners(self, table: Table) -> OwnerOf | None:
        """What tells which node has a key of this table (None if that is down), or None if every node has every key.

        Raises StoreUnavailable."""
        tokens = self._current()
        if tokens is None or tokens.nodes == 1:
            return None
        if self._copies is None:
            found = await self._execute(REPLICATION, (self._keyspace,))
            self._copies = copies(found[0][0], tokens.hosts[0].datacenter) if found else 0
        if not 0 < self._copies < tokens.nodes:
            return None
        writers = [WRITERS[table.types[name]] for name in table.partition]

        def owner_of(key: Key) -> Any:
            values = [write(value) for write, value in zip(writers, key[: len(writers)], strict=True)]
            host = tokens.owner(routing_key(values))
            return host if host.is_up else None

        return owner_of


class CurrentTokens:
    """The ring of the nodes that are `here`, as the driver knows it now. None: it knows of none."""

    def __init__(self, cluster: Any, here: Callable[[Any], bool]):
        self._cluster, self._here = cluster, here
        self._token_map: Any = None  # the driver makes another one when a node comes or goes
        self._tokens: Tokens | None = None

    def __call__(self) -> "Tokens | None":
        token_map = None if self._cluster is None else self._cluster.metadata.token_map
        if token_map is not self._token_map:
            self._tokens, self._token_map = tokens_of(token_map, self._here), token_map
        return self._tokens


def is_here(session: Session, host: Any) -> bool:
    """Whether a node is in our datacenter, which is that of the contact points."""
    policy = session.get_execution_profile(EXEC_PROFILE_DEFAULT).load_balancing_policy
    return policy.distance(host) == HostDistance.LOCAL


@dataclass(frozen=True)
class Tokens:
    """The ring of some nodes, one of which at least there is.

    - `tokens`: in order. A partition belongs to the first that isn't below its own token, or else to the first of all.
    - `hosts`: the driver's Host that has each. It always keeps a copy, whatever the replication.
    - `token_of`: the token of a partition key's serialised form.
    - `nodes`: how many different hosts there are."""

    tokens: Sequence[int]
    hosts: Sequence[Any]
    token_of: Callable[[bytes], int]
    nodes: int

    def owner(self, key: bytes) -> Any:
        """The node that a partition belongs to."""
        return self.hosts[bisect_left(self.tokens, self.token_of(key)) % len(self.hosts)]


def tokens_of(token_map: Any, here: Callable[[Any], bool]) -> Tokens | None:
    """The ring of those nodes in the driver's TokenMap that are `here`, or None without any."""
    if token_map is None:
        return None
    owners = [(token, token_map.token_to_host_owner[token]) for token in token_map.ring]
    ours = [(token.value, host) for token, host in owners if here(host)]
    if not ours:
        return None
    tokens, hosts = zip(*ours, strict=True)
    return Tokens(tokens, hosts, lambda key: token_map.token_class.from_key(key).value, len(set(hosts)))


def routing_key(values: Sequence[bytes]) -> bytes:
    """A partition key as its token is made of it: one column's value, or several, each between length and zero."""
    if len(values) == 1:
        return values[0]
    return b"".join(len(value).to_bytes(2, "big") + value + b"\0" for value in values)
