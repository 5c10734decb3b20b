"""Answers: a page of a list, or a screen, which is one thing with the first pages of lists that belong to it."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from starlette.responses import Response

from api import presentation
from api.context import Context
from api.hydrated import Hydrated
from api.hydration import Wanted, hydrate
from api.includes import Included
from api.lists import Listing, look, look_at_all
from api.presentation import Body
from projections.tally.tally import Tally
from projections.visibility import VisibleRows
from web.etag import json_response
from web.pagination import FIRST_PAGE, PageRequest, next_link
from web.problems import not_found


@dataclass(frozen=True, slots=True)
class About:
    """The thing that a list is of: what must be read of it, and what of it the viewer then sees, None for nothing.

    It is read with what the list's items need, so a list of what may not be seen costs as much as any other."""

    what: str
    wanted: Wanted
    shown: Callable[[VisibleRows], object]

    @classmethod
    def photo(cls, photo_id: UUID) -> Self:
        """A photo's list."""
        return cls("photo", Wanted(about_photo=photo_id), lambda visible: visible.shown_photo(photo_id))

    @classmethod
    def roll(cls, roll_id: UUID) -> Self:
        """A roll's list."""
        return cls("roll", Wanted(about_roll=roll_id), lambda visible: visible.shown_roll(roll_id))

    @classmethod
    def person(cls, user_id: UUID) -> Self:
        """A person's list."""
        return cls("person", Wanted(people=[user_id]), lambda visible: visible.shown_user(user_id))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thing's developing photos: the tally that counts them, and the read of when the next will have developed."""

    counted: Tally
    ready_at: Coroutine[Any, Any, datetime | None]


async def page(
    context: Context, listing: Listing[Any], entity: UUID, paging: PageRequest, about: About | None = None
) -> Response:
    """The response that shows a page of an entity's list, with the people (and rolls) that its items name.

    `about` is the entity, unless it is the viewer. Raises Problem 404 if they may not see it, 400 if the cursor isn't
    one of this list."""
    part = await look(context, listing, entity, paging)
    hydrated = await hydrate(context, about.wanted | part.wanted if about else part.wanted)
    if about and about.shown(context.visible) is None:
        raise not_found(about.what)
    body = part.body(context, hydrated)
    link = next_link(context.request, body["next"])
    rolls = {"rolls": hydrated.rolls()} if listing.names_rolls else {}
    return json_response(context.request, body | {"people": hydrated.people()} | rolls, link)


async def screen(
    context: Context,
    entity: UUID,
    wanted: Wanted,
    include: Included,
    show: Callable[[Hydrated], Body | None],
    what: str,
    *,
    waiting: Waiting | None = None,
) -> Response:
    """The response that shows one thing, with the first page of each of the lists in `include`, and the people and
    rolls that all of it names.

    - `show`: the thing's body, None if the viewer may not see it; `what`: its name in a problem.
    - `waiting`: its developing photos, if it has a word on them.

    Raises Problem 404 if the viewer may not see it."""
    parts, at, _ = await asyncio.gather(
        look_at_all(context, list(include.values()), entity, FIRST_PAGE),
        waiting.ready_at if waiting else nothing(),
        context.visible.rolls.load(wanted.rolls),
    )
    for part in parts:
        wanted |= part.wanted
    hydrated = await hydrate(context, wanted)
    body = show(hydrated)
    if body is None:
        raise not_found(what)
    if waiting:
        body["developing"] = presentation.developing(hydrated.size(entity, waiting.counted), at)
    lists = {name: part.body(context, hydrated) for name, part in zip(include, parts, strict=True)}
    named: Body = {"people": hydrated.people(), "named_rolls": hydrated.rolls()}
    return json_response(context.request, body | lists | named)


async def nothing() -> None:
    """Reads nothing."""
