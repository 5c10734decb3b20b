"""`include`: the lists that a screen brings with the one thing that it shows."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Query

from api.lists import Listing
from web.problems import bad_request

Included = Mapping[str, Listing[Any]]


def including(known: Included) -> Callable[[str | None], Included]:
    """The dependency that reads a request's `include`: those of the `known` lists that it names, by commas.

    It raises Problem 400, with the known names, if one of them isn't known."""
    names = ",".join(known)

    def included(
        include: Annotated[
            str | None,
            Query(
                description=f"Lists to bring with it, the first page of each: any of `{names}`.",
                examples=[names],
            ),
        ] = None,
    ) -> Included:
        wanted = dict.fromkeys(name.strip() for name in (include or "").split(",") if name.strip())
        if wanted.keys() - known.keys():
            raise bad_request(f"`include` takes these, separated by commas: {', '.join(known)}.")
        return {name: known[name] for name in wanted}

    return included
