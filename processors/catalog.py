"""Lists all reactors, by the worker process that hosts them: a new reactor is a file of its own and a line here.

Apps, processes, lag, redriving and tables follow from it (docs/adding-a-reactor.md). Importing it imports no reactor:
`darkroom up` and `darkroom status` know the names without loading the drivers that reactors need. `reactors` imports
them, but neither Faust nor what filters images or talks to S3: provisioning and lag don't pay for those."""

import importlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processors.handlers.reactor import Reactor
    from projections.store.table import Table

# Name of the reactor → module and name of its class.
VIEWS: Mapping[str, str] = {"expand": "processors.expand:Expand"}  # in the process that also hosts the projectors
PHOTOS: Mapping[str, str] = {
    "filter": "processors.filter:Filter",
    "filter_late": "processors.filter_late:FilterLate",
    "cleanup": "processors.cleanup:Cleanup",
    "develop": "processors.develop:Develop",
}


@cache
def reactors() -> "tuple[type[Reactor], ...]":
    """Imports all reactors' classes, in the order of the lists above."""
    places = (place.split(":") for place in (*VIEWS.values(), *PHOTOS.values()))
    return tuple(getattr(importlib.import_module(module), name) for module, name in places)


def every_table() -> "list[Table]":
    """Lists every table that the log can rebuild: those of the read models, and the reactors' own."""
    from projections.catalog import all_tables

    return list(dict.fromkeys((*all_tables(), *(table for reactor in reactors() for table in reactor.tables))))
