"""What the oracle and its world were taught, against what there is.

Here, and not in `make test`: a new event with a new view is merged with its own test, and taught to the faults after it
(docs/adding-a-projection.md)."""

from processors.catalog import every_table
from projections.catalog import PROJECTIONS
from tests.oracle import compare
from tests.oracle.tables import OWN


def test_the_oracle_knows_every_table() -> None:
    """What is missing is taught in tests/oracle/rows.py, or in SETS of tests/oracle/sets.py."""
    assert {table.name for table in every_table()} - OWN == compare.TABLES


def test_the_oracle_knows_every_event_that_a_projection_wants() -> None:
    """What is missing is taught in KINDS of tests/oracle/compare.py, and made by tests/faults/world.py."""
    wanted = {event.__name__ for each in PROJECTIONS for event in each.events}
    assert wanted == set().union(*compare.KINDS.values())
