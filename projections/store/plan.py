"""Which nodes a request goes to over the driver, and in which order."""

from collections.abc import Generator
from typing import Any

from cassandra.policies import DCAwareRoundRobinPolicy, HostDistance

from projections.store.ring import CurrentTokens


class OwnerFirst(DCAwareRoundRobinPolicy):
    """The node that the partition belongs to, then the others of our datacenter, each first in its turn.

    The driver's own TokenAwarePolicy needs all keyspaces' metadata, which we don't load, for the other copies; the
    partition's owner, who has one whatever the replication, is known by the ring alone."""

    def populate(self, cluster: Any, hosts: Any) -> None:
        """See LoadBalancingPolicy."""
        super().populate(cluster, hosts)
        self._tokens = CurrentTokens(cluster, lambda host: self.distance(host) == HostDistance.LOCAL)

    def make_query_plan(self, working_keyspace: Any = None, query: Any = None) -> Generator[Any, Any, None]:
        """See LoadBalancingPolicy."""
        key = query.routing_key if query is not None else None
        tokens = self._tokens()
        if key is None or tokens is None or tokens.nodes == 1:
            yield from super().make_query_plan(working_keyspace, query)
            return
        owner = tokens.owner(key)
        if owner.is_up:
            yield owner
        for host in super().make_query_plan(working_keyspace, query):
            if host is not owner or not owner.is_up:
                yield host
