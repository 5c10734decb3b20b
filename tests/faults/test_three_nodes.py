"""Three nodes of Cassandra, and the loss of one.

Seen to fail with replication 1: `python -m tests.faults.seen replication` (docs/faults.md)."""

from tests.faults.on_servers import node_killed
from tests.faults.three import three_nodes


def test_one_of_three_nodes_is_killed() -> None:
    with three_nodes() as (made, nodes):
        darkroom = node_killed(made, nodes)
        made.check({"SIGKILL of one of three Cassandra nodes": darkroom})
        nodes.start_again("cassandra-2")
        made.append(200)
        made.start()
        made.catch_up()
        made.check({"the node is back": 0.0})
