"""The API's lists: how each is read, what its rows need, and how they are shown."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from uuid import UUID

from api.context import Source
from api.fill_page import SCAN_CAP, SPARE, Candidates, candidates_of, fill_page
from api.hydrated import Hydrated
from api.hydration import Wanted
from api.presentation import DEVELOPED, DEVELOPING, REJECTED, Body
from projections.graph.followers import followers
from projections.graph.following import following
from projections.photos.photos_of_user import PHOTOS_OF_USER, UserPhoto, user_photo_candidates
from projections.photos.roll_feed import ROLL_FEED, RollPhoto, roll_photo_candidates
from projections.reactions.comments import COMMENTS, Comment, comments_on
from projections.reactions.likers import likers
from projections.rolls.members import members
from projections.rolls.rolls_of_user import rolls_of_user
from projections.tally.queries import newest_members
from projections.tally.tally import Listed, Member, Tally
from web.pagination import Cursor

C = TypeVar("C")
Key = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Listing(Generic[C]):
    """A list: of an entity's photos, say.

    - `read(source, entity, after, size)`: its rows past the key `after`, ended ones too, `size` at most; in two
      requests.
    - `keep`: whether a row is a candidate to be shown; `scanned`: how many rows are read at least, where many aren't.
    - `names_rolls`: whether what is shown names rolls.
    - `wanted`: what an entity's rows need to be shown; `show`: what is shown of one, None if the viewer may not see it.
    """

    cursor: Cursor
    read: Callable[[Source, UUID, Key, int], Awaitable[Sequence[C]]]
    keep: Callable[[C], bool]
    wanted: Callable[[UUID, Sequence[C]], Wanted]
    show: Callable[[Hydrated, C], Body | None]
    scanned: int = 0
    names_rolls: bool = False


@dataclass(frozen=True, slots=True)
class Part(Generic[C]):
    """A page of a list whose rows have been read, and not yet hydrated."""

    listing: Listing[C]
    entity: UUID
    limit: int
    candidates: Candidates[C]

    @property
    def wanted(self) -> Wanted:
        """What it needs to be shown."""
        return self.listing.wanted(self.entity, self.candidates.kept)

    def body(self, secret: str, hydrated: Hydrated) -> Body:
        """The page: its items, and where the next one begins; `secret` seals the cursor that says so."""
        items, last = fill_page(self.candidates, lambda row: self.listing.show(hydrated, row), self.limit)
        cursor = self.listing.cursor
        return {"items": items, "next": None if last is None else cursor.encode(secret, cursor.key_of(last))}


async def look(source: Source, listing: Listing[C], entity: UUID, after: Key, limit: int) -> Part[C]:
    """Reads the rows for a page of `limit` items, past the key `after`."""
    size = max(listing.scanned, limit + SPARE + 1)
    rows = await listing.read(source, entity, after, size)
    return Part(listing, entity, limit, candidates_of(rows, listing.keep, size=size, limit=limit))


def photos_of(roll_id: UUID, rows: Sequence[RollPhoto]) -> Wanted:
    """What a roll's placements need: their photos, with those who took them. They serve as the roll's thumbs too."""
    photos, people = {row.photo_id for row in rows}, {row.owner_id for row in rows}
    return Wanted(photos=photos, people=people, newest={roll_id: rows})


ROLL_PHOTOS = Listing[RollPhoto](
    cursor=Cursor(ROLL_FEED),
    read=lambda source, roll_id, after, size: roll_photo_candidates(source.store, roll_id, source.due, after, size),
    keep=lambda row: not row.ended,
    wanted=photos_of,
    show=lambda hydrated, row: hydrated.photo(row.photo_id, DEVELOPED),
    names_rolls=True,
)


async def developed_photos(source: Source, user_id: UUID, after: Key, size: int) -> Sequence[UserPhoto]:
    """A person's photos that should have developed."""
    return await user_photo_candidates(source.store, user_id, source.due, after, size)


async def all_photos(source: Source, user_id: UUID, after: Key, size: int) -> Sequence[UserPhoto]:
    """A person's photos, developing ones too."""
    return await user_photo_candidates(source.store, user_id, None, after, size)


PROFILE_PHOTOS = Listing[UserPhoto](
    cursor=Cursor(PHOTOS_OF_USER),
    read=developed_photos,
    keep=lambda row: not row.ended and bool(row.on_profile),
    wanted=lambda user_id, rows: Wanted(photos={row.photo_id for row in rows}, people=[user_id]),
    show=lambda hydrated, row: hydrated.photo(row.photo_id, DEVELOPED),
    scanned=SCAN_CAP,
    names_rolls=True,
)
MY_PHOTOS = replace(
    PROFILE_PHOTOS,
    read=all_photos,
    keep=lambda row: not row.ended,
    show=lambda hydrated, row: hydrated.photo(row.photo_id),
    scanned=0,
)
MY_PHOTOS_BY_STATE = {
    DEVELOPING: replace(MY_PHOTOS, show=lambda hydrated, row: hydrated.photo(row.photo_id, DEVELOPING)),
    DEVELOPED: replace(
        MY_PHOTOS, read=developed_photos, show=lambda hydrated, row: hydrated.photo(row.photo_id, DEVELOPED)
    ),
    REJECTED: replace(
        MY_PHOTOS,
        keep=lambda row: not row.ended and bool(row.rejected),
        show=lambda hydrated, row: hydrated.photo(row.photo_id, REJECTED),
        scanned=SCAN_CAP,
    ),
}
PHOTO_COMMENTS = Listing[Comment](
    cursor=Cursor(COMMENTS),
    read=lambda source, photo_id, after, size: comments_on(source.store, photo_id, after, size),
    keep=lambda row: not row.deleted and row.author_id is not None,
    wanted=lambda _, rows: Wanted(people={row.author_id for row in rows}),
    show=lambda hydrated, row: hydrated.comment(row),
)

Entry = Member | Listed  # of a set's list: a Member is in the set; what is only Listed has ended, or began again later


def set_listing(
    tally: Tally,
    wanted: Callable[[set[UUID]], Wanted],
    show: Callable[[Hydrated, Member], Body | None],
) -> Listing[Entry]:
    """The list of a set's members, the latest first. Raises ValueError if the tally isn't listed by time."""
    if tally.listed is None:
        raise ValueError(f"{tally.name} isn't listed by time")

    async def read(source: Source, entity: UUID, after: Key, size: int) -> Sequence[Entry]:
        newest = await newest_members(source.store, tally, entity, after, size)
        return [newest.members.get(row.beginning, row) for row in newest.rows]

    return Listing(
        cursor=Cursor(tally.listed),
        read=read,
        keep=lambda row: isinstance(row, Member),
        wanted=lambda _, rows: wanted({row.member for row in rows}),
        show=lambda hydrated, row: show(hydrated, row) if isinstance(row, Member) else None,
    )


def people_listing(tally: Tally) -> Listing[Entry]:
    """The list of the people in a set."""
    return set_listing(tally, lambda ids: Wanted(users=ids), lambda hydrated, row: hydrated.user(row.member))


FOLLOWERS, FOLLOWING, LIKERS = people_listing(followers), people_listing(following), people_listing(likers)
MEMBERS = set_listing(members, lambda ids: Wanted(users=ids), lambda hydrated, row: hydrated.member(row))
ROLLS = set_listing(rolls_of_user, lambda ids: Wanted(rolls=ids), lambda hydrated, row: hydrated.roll(row.member))
