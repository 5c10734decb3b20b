"""Answers: a page of a list, or a screen, which is one thing with the first pages of lists that belong to it.

An answer is made in three steps, and what a step makes is kept under the rule of `api.cache`:

1. `prepare` reads what is the same for every viewer, once for all who ask for the same within a second.
2. `relate` reads what the viewer has to do with it: their roles, likes and follows.
3. `view` decides what they may see, and writes it, with slots. Those who see the same share it (`sees_as_anybody`).

What is then left for each request is to join the pieces with what fills the slots.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, Self, TypeVar
from uuid import UUID

from starlette.responses import Response

from api import presentation
from api.cache.sizes import Made
from api.context import Context, Source
from api.hydrated import Hydrated, Related
from api.hydration import Hydration, Wanted, hydrate, relate
from api.includes import Included
from api.lists import Key, Listing, Part, look
from api.presentation import Body
from api.slots import Pieces, cut
from events.ids import NIL
from projections.tally.tally import Tally
from projections.visibility import SharedRows, VisibleRows, role_of, sees_user
from web.etag import tagged_response
from web.pagination import USUAL_LIMIT, PageRequest, next_link
from web.problems import not_found

SCREENS, VIEWERS, VIEWS = Made("screens"), Made("viewers"), Made("views")
ROW_BYTES = 1000  # that a row takes in memory, about
NUMBERS = count()
HIDDEN = Pieces((), (), b"", None)  # what somebody is shown of a thing that they may not see
Read = Callable[[SharedRows], Awaitable[Wanted]]
Show = Callable[[Hydrated, "Prepared"], Body | None]
T = TypeVar("T")


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

    @classmethod
    def viewer(cls) -> Self:
        """One's own list, whether or not one is a person yet."""
        return cls("person", Wanted(), lambda _: True)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thing's developing photos: the tally that counts them, and the read of when the next will have developed."""

    counted: Tally
    ready_at: Callable[[Source], Awaitable[datetime | None]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was read for an answer that is the same for every viewer. No other has its `number`."""

    hydration: Hydration
    parts: Sequence[Part[Any]]
    ready_at: datetime | None
    number: int = field(default_factory=lambda: next(NUMBERS))

    @property
    def size(self) -> int:
        """The bytes that it takes in memory, about."""
        rows = self.hydration.rows
        count = sum(len(loader.rows()) for loader in (rows.users, rows.photos, rows.rolls))
        return ROW_BYTES * (count + sum(len(part.candidates.rows) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Own:
    """What one viewer is shown: pieces, and what fills the slots between them."""

    pieces: Pieces
    filled: Sequence[bytes]
    tag: str

    @property
    def size(self) -> int:
        """The bytes that it takes in memory, about. The pieces are others' too, and so are the fillings."""
        return 300 + 8 * len(self.filled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for, whoever asks.

    - `key`: tells it from all others.
    - `looks`: the lists to look at, each past a key, for so many items.
    - `read`: reads what must be known before all else, and says what it wants beside what the lists want.
    - `show`: the body, None if the viewer may not see what it is about; `what`: the name of that in a problem.
    - `goes_on`: whether it is a page, and says where the next one begins.
    """

    key: Key
    entity: UUID
    looks: Sequence[tuple[Listing[Any], Key, int]]
    read: Read
    show: Show
    what: str
    ready_at: Callable[[Source], Awaitable[datetime | None]] | None = None
    goes_on: bool = False


async def page(context: Context, listing: Listing[Any], entity: UUID, paging: PageRequest, about: About) -> Response:
    """The response that shows a page of an entity's list, with the people (and rolls) that its items name.

    Raises Problem 404 if the viewer may not see what it is `about`, 400 if the cursor isn't one of this list."""
    secret = context.source.secret
    after = listing.cursor.decode(secret, paging.cursor)

    def show(hydrated: Hydrated, prepared: Prepared) -> Body | None:
        if about.shown(hydrated.visible) is None:
            return None
        body = prepared.parts[0].body(secret, hydrated)
        rolls = {"rolls": hydrated.rolls()} if listing.names_rolls else {}
        return body | {"people": hydrated.people()} | rolls

    return await answer(
        context,
        Question(
            key=(listing, entity.bytes, paging.cursor, paging.limit),
            entity=entity,
            looks=[(listing, after, paging.limit)],
            read=lambda _: known(about.wanted),
            show=show,
            what=about.what,
            goes_on=True,
        ),
    )


async def screen(
    context: Context,
    entity: UUID,
    read: Read,
    include: Included,
    show: Callable[[Hydrated], Body | None],
    what: str,
    *,
    waiting: Waiting | None = None,
) -> Response:
    """The response that shows one thing, with the first page of each of the lists in `include`, and the people and
    rolls that all of it names.

    - `read`, `show`, `what`: see `Question`.
    - `waiting`: its developing photos, if it has a word on them.

    Raises Problem 404 if the viewer may not see it."""
    secret = context.source.secret

    def shown(hydrated: Hydrated, prepared: Prepared) -> Body | None:
        body = show(hydrated)
        if body is None:
            return None
        if waiting:
            body["developing"] = presentation.developing(hydrated.size(entity, waiting.counted), prepared.ready_at)
        lists = {name: part.body(secret, hydrated) for name, part in zip(include, prepared.parts, strict=True)}
        named: Body = {"people": hydrated.people(), "named_rolls": hydrated.rolls()}
        return body | lists | named

    return await answer(
        context,
        Question(
            key=(what, entity.bytes, *include),
            entity=entity,
            looks=[(listing, (), USUAL_LIMIT) for listing in include.values()],
            read=read,
            show=shown,
            what=what,
            ready_at=waiting.ready_at if waiting else None,
        ),
    )


async def answer(context: Context, question: Question) -> Response:
    """The response to a question. Raises Problem 404 if the viewer may not see what it is about."""
    prepared = await context.built(SCREENS, question.key, lambda source: prepare(source, question))
    own = await context.built(
        VIEWERS, (prepared.number, context.viewer.bytes), lambda source: own_of(context, question, prepared, source)
    )
    if own.pieces is HIDDEN:
        raise not_found(question.what)
    link = next_link(context.request, own.pieces.after)
    return tagged_response(context.request, own.tag, partial(own.pieces.joined, own.filled), link)


async def prepare(source: Source, question: Question) -> Prepared:
    """Reads what is the same for every viewer. Raises StoreUnavailable."""
    rows = SharedRows(source.store)
    looks = (look(source, listing, question.entity, after, limit) for listing, after, limit in question.looks)
    wanted, at, parts = await asyncio.gather(
        question.read(rows),
        question.ready_at(source) if question.ready_at else known(None),
        asyncio.gather(*looks),
    )
    for part in parts:
        wanted |= part.wanted
    return Prepared(await hydrate(rows, wanted, source.due), parts, at)


async def own_of(context: Context, question: Question, prepared: Prepared, source: Source) -> Own:
    """Reads what the viewer has to do with what was prepared, and decides what they are shown."""
    hydration, viewer = prepared.hydration, context.viewer
    related = await relate(source.store, viewer, hydration)
    anybody = visible_to(NIL, related, hydration, source.due)
    alone = context.cache is None or not sees_as_anybody(viewer, anybody, hydration)
    visible = visible_to(viewer, related, hydration, source.due) if alone else anybody
    closed = frozenset(each.bytes for each in hydration.rows.closed_rolls() if role_of(related.roles[each]))
    key = (prepared.number, viewer.bytes if alone else b"", closed)
    pieces = context.made(VIEWS, key, lambda: view(visible, question, prepared, source))
    filled = tuple(map(related.filling, pieces.slots))
    return Own(pieces, filled, pieces.tag(filled))


def visible_to(viewer: UUID, related: Related, hydration: Hydration, due: datetime) -> VisibleRows:
    """What a viewer with these roles may see of what was read."""
    visible = VisibleRows(hydration.rows.store, viewer, due, hydration.rows)
    for roll_id, roles in related.roles.items():
        visible.roles.put(roll_id, list(roles))
    return visible


def sees_as_anybody(viewer: UUID, anybody: VisibleRows, hydration: Hydration) -> bool:
    """Whether a viewer sees of what was read just what `anybody` sees who has the same roles.

    It is otherwise only for who is there themselves: they see themselves while they hide, and their own photos before
    these have developed or where nobody else may see them."""
    rows, wanted = hydration.rows, hydration.wanted
    photos = [each.photo.photo_id for each in rows.photos.rows() if each.photo and each.photo.owner_id == viewer]
    placed = any(row.owner_id == viewer for newest in hydration.newest.values() for row in newest)
    user = next((row for row in rows.users.rows() if row.user_id == viewer), None)
    if user is None and not photos and not placed:
        return True
    shown = {*wanted.photos, wanted.about_photo}
    return sees_user(NIL, user) and all(anybody.shown_photo(each) is not None for each in photos if each in shown)


def view(visible: VisibleRows, question: Question, prepared: Prepared, source: Source) -> Pieces:
    """What is shown to somebody."""
    hydration = prepared.hydration
    hydrated = Hydrated(visible, hydration.newest, hydration.counts, source.image_urls, source.due)
    body = question.show(hydrated, prepared)
    if body is None:
        return HIDDEN
    return cut(body, body["next"] if question.goes_on else None)


async def known(value: T) -> T:
    """What needn't be read."""
    return value
