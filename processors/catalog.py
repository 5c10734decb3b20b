"""The list of all reactors, by the worker process that hosts them. A new reactor is a file of its own and a line here.

What runs, lags, redrives dead letters and needs tables follows from it (docs/adding-a-reactor.md). Whatever asks for
it doesn't pay for Faust, images or S3: importing it imports none of them."""

from processors.develop import Develop
from processors.expand import Expand
from processors.filter import Filter
from projections.store.table import Table

VIEWS = (Expand,)  # in the process that also hosts the topics' projectors
PHOTOS = (Filter, Develop)
REACTORS = (*VIEWS, *PHOTOS)


def reactor_tables() -> list[Table]:
    """The tables that the reactors have beside the read models."""
    return list(dict.fromkeys(table for reactor in REACTORS for table in reactor.tables))
