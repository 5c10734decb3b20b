"""Lists all reactors, by the worker process that hosts them: a new reactor is a file of its own and a line here.

Apps, processes, lag, redriving and tables follow from it (docs/adding-a-reactor.md). Importing it imports neither
Faust nor what filters images or talks to S3, so that `darkroom status` and provisioning don't pay for them."""

from processors.develop import Develop
from processors.expand import Expand
from processors.filter import Filter
from projections.catalog import all_tables
from projections.store.table import Table

VIEWS = (Expand,)  # in the process that also hosts the topics' projectors
PHOTOS = (Filter, Develop)
REACTORS = (*VIEWS, *PHOTOS)


def every_table() -> list[Table]:
    """Every table that the log can rebuild: those of the read models, and the reactors' own."""
    return list(dict.fromkeys((*all_tables(), *(table for reactor in REACTORS for table in reactor.tables))))
