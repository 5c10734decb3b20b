"""Which node has a partition: by asking it, a read of many partitions saves a node from asking others in its turn."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cassandra.cluster import EXEC_PROFILE_DEFAULT, Session
from cassandra.policies import HostDistance

from projections.store.groups import Key, OwnerOf
from projections.store.inserts import WRITERS
from projections.store.starts import Execute
from projections.store.table import Table

REPLICATION = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?"


@dataclass(frozen=True)
class Owners:
    """The nodes of our datacenter, and which of them the tokens fall to.

    - `tokens`: in order; a partition belongs to the first that isn't below its own token, and after the last to the
      first. That node is always a replica.
    - `hosts`: the driver's Host of each.
    - `token_of`: a partition key's token, from its serialised form."""

    tokens: Sequence[int]
    hosts: Sequence[Any]
    token_of: Callable[[bytes], int]

    def owner(self, routing_key: bytes) -> Any:
        """The node that a partition belongs to."""
        return self.hosts[bisect_left(self.tokens, self.token_of(routing_key)) % len(self.hosts)]


class Ring:
    """The nodes of a keyspace, as the driver knows them now."""

    def __init__(self, session: Session, keyspace: str, execute: Execute):
        self._session, self._keyspace, self._execute = session, keyspace, execute
        self._token_map: Any = None  # the driver makes another one when a node comes or goes
        self._known = Owners((), (), int.from_bytes)
        self._copies: int | None = None  # of a row in our datacenter, once we have asked

    async def owners(self, table: Table) -> OwnerOf | None:
        """What tells which node has a key of this table (None if that is down), or None if every node has every key.

        Raises StoreUnavailable."""
        known = self._now()
        nodes = set(known.hosts)
        if len(nodes) <= 1:
            return None
        if self._copies is None:
            found = await self._execute(REPLICATION, (self._keyspace,))
            self._copies = copies(found[0][0], known.hosts[0].datacenter) if found else 0
        if not 0 < self._copies < len(nodes):
            return None
        writers = [WRITERS[table.types[name]] for name in table.partition]

        def owner_of(key: Key) -> Any:
            host = known.owner(routing_key([write(value) for write, value in zip(writers, key, strict=False)]))
            return host if host.is_up else None

        return owner_of

    def _now(self) -> Owners:
        cluster = self._session.cluster
        token_map = None if cluster is None else cluster.metadata.token_map
        if token_map is not self._token_map and token_map is not None:
            policy = self._session.get_execution_profile(EXEC_PROFILE_DEFAULT).load_balancing_policy
            ours = [
                (token.value, host)
                for token in token_map.ring
                if policy.distance(host := token_map.token_to_host_owner[token]) == HostDistance.LOCAL
            ]
            token_class = token_map.token_class
            self._known = Owners(
                [token for token, _ in ours], [host for _, host in ours], lambda key: token_class.from_key(key).value
            )
            self._token_map = token_map
        return self._known


def routing_key(values: Sequence[bytes]) -> bytes:
    """A partition key as its token is made of it: one column's value, or several columns' with length and end."""
    if len(values) == 1:
        return values[0]
    return b"".join(len(value).to_bytes(2, "big") + value + b"\0" for value in values)


def copies(replication: Mapping[str, str], datacenter: str) -> int:
    """How many copies of a row a datacenter keeps, by a keyspace's replication (`system_schema.keyspaces`)."""
    return int(replication.get(datacenter) or replication.get("replication_factor") or 0)
