"""Three nodes of Cassandra: the loss of one, of all at once with the workers, and a power cut.

Seen to fail with replication 1, and with `synced` taken out: `python -m tests.faults.seen replication synced`
(docs/faults.md). `python -m tests.faults.on_power 20` does the last two 20 times."""

from collections.abc import Generator

import pytest

from ops.supervisor.children import Children
from tests.faults.on_flapping import node_flaps
from tests.faults.on_power import all_killed
from tests.faults.on_servers import node_killed
from tests.faults.system import System
from tests.faults.three import three_nodes

Three = tuple[System, Children]


@pytest.fixture(scope="module")
def three() -> Generator[Three]:
    """The system, and its nodes' processes."""
    with three_nodes() as made:
        yield made


def test_one_of_three_nodes_is_killed(three: Three) -> None:
    made, nodes = three
    still = node_killed(made, nodes)
    made.check({"SIGKILL of one of three Cassandra nodes": still})
    nodes.start_again("cassandra-2")
    made.append(200)
    made.start()
    made.catch_up()
    made.check({"the node is back": 0.0})
    made.stop_workers()


def test_one_of_three_nodes_starts_again_and_again(three: Three) -> None:
    made, nodes = three
    made.check({"one of three Cassandra nodes killed and started again, three times": node_flaps(made, nodes)})


def test_all_nodes_and_all_workers_are_killed(three: Three) -> None:
    made, nodes = three
    still, _ = all_killed(made, nodes)
    made.check({"SIGKILL of all three nodes and the workers": still})


def test_a_power_cut_takes_another_tail_of_each_node(three: Three) -> None:
    made, nodes = three
    still, tails = all_killed(made, nodes, cut=True)
    lost = ", ".join(f"{tail:.1f}" for tail in tails)
    made.check({f"power cut, tails of {lost} s lost": still})
