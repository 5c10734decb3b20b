"""What follows from a roll's end: each of its memberships and followings is over, a million perhaps.

They are read a page at a time, and their ends are appended a bite at a time. How far that came is kept, so that whoever
goes on after an interruption doesn't begin anew. It would do no harm: what is appended has derived ids.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from events.generated import Event, MemberJoined, MemberRemoved, RollDeleted, RollFollowed, RollUnfollowed
from events.ids import derived_id
from projections.rolls.members import members
from projections.rolls.roll_followers import roll_followers
from projections.store.protocol import Store
from projections.store.survival import Starts, may_be_lost
from projections.store.table import Stamped, Table, clustering_key
from projections.tally.queries import live_shards
from projections.tally.tally import Member, Tally

PAGE = 500  # beginnings of a shard
SETS: tuple[Tally, ...] = (members, roll_followers)
NAMES = [tally.name for tally in SETS]


@dataclass(frozen=True, slots=True)
class ClosingPlace:
    """How far the memberships and followings of a deleted roll were ended. There is a row only where that took more
    than one bite.

    - `cause`: the RollDeleted's event id
    - `pages`: how many pages were read until there, by all who did; it rises, and is the row's stamp
    - `place`: see Place, in one column: where two workers write at once, the one or the other stays, and no mixture
    """

    cause: UUID
    pages: int | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The last beginning whose end is appended, and all before it.

    - `nodes`: the database's (`Store.nodes`) by then. Where so many have started since that something may be lost, what
      was read before may have lacked rows that have by now been folded again: all of it is read anew
    """

    nodes: str
    tally: str
    shard: int
    beginning: UUID
    member: UUID

    def __str__(self) -> str:
        return f"{self.nodes}/{self.tally}/{self.shard}/{self.beginning}/{self.member}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The place that a text is of."""
        nodes, tally, shard, beginning, member = text.split("/")
        return cls(nodes, tally, int(shard), UUID(beginning), UUID(member))


CLOSINGS = Table("expand_closings", ClosingPlace, partition=1)


@dataclass(frozen=True, slots=True)
class Page:
    """What follows from some beginnings of one shard, and where the next page begins."""

    facts: Sequence[Event]
    tally: str
    shard: int
    after: tuple[Any, ...]  # the clustering key of its last beginning


class Closing:
    """One deleted roll, whose memberships and followings are being ended. `Closing.of` makes it."""

    def __init__(self, store: Store, cause: RollDeleted, *, nodes: Starts, pages: int, place: Place | None):
        self._store, self._cause, self._nodes, self._pages, self._place = store, cause, nodes, pages, place

    @classmethod
    async def of(cls, store: Store, cause: RollDeleted, *, resume: bool = True) -> Self:
        """From where it was interrupted, or with `resume` false from its beginning. Raises StoreUnavailable."""
        nodes = await store.nodes()
        row: ClosingPlace | None = await store.get(CLOSINGS, cause.event_id)
        place = Place.parse(row.place) if row and row.place and resume else None
        if place is not None and may_be_lost(Starts.of(place.nodes), nodes):
            place = None
        return cls(store, cause, nodes=nodes, pages=row.pages or 0 if row else 0, place=place)

    async def pages(self) -> AsyncIterator[Page]:
        """What follows, in pages. Raises StoreUnavailable."""
        for tally, shard, after in await self._left():
            while True:
                rows: list[Member] = await self._store.slice(
                    tally.members, self._cause.roll_id, shard, after=after, limit=PAGE
                )
                if not rows:
                    break
                self._pages += 1
                after = clustering_key(tally.members, rows[-1])
                yield Page([ended(self._cause, tally, row) for row in rows if row.live], tally.name, shard, after)
                if len(rows) < PAGE:
                    break

    async def note(self, page: Page) -> None:
        """Keeps that all up to a page's end is appended. Raises StoreUnavailable."""
        if may_be_lost(self._nodes, await self._store.nodes()):
            return
        place = Place(str(self._nodes), page.tally, page.shard, *page.after)
        row = CLOSINGS.upsert(cause=self._cause.event_id, pages=self._pages, place=str(place))
        await self._store.write([Stamped(row, self._pages)])

    async def _left(self) -> list[tuple[Tally, int, tuple[Any, ...]]]:
        """The shards that are left to read, each with the clustering key behind which to begin."""
        place, left = self._place, list[tuple[Tally, int, tuple[Any, ...]]]()
        for tally in SETS[NAMES.index(place.tally) if place else 0 :]:
            shards = await live_shards(self._store, tally, self._cause.roll_id)
            if place and tally.name == place.tally:
                left.append((tally, place.shard, (place.beginning, place.member)))
                shards = [shard for shard in shards if shard > place.shard]
            left += ((tally, shard, ()) for shard in shards)
        return left


def ended(cause: RollDeleted, tally: Tally, row: Member) -> Event:
    """The fact that a membership or a following is over with its roll."""
    if tally is members:
        return membership_ended(cause, member_id=row.member, membership_id=row.beginning)
    return following_ended(cause, follower_id=row.member, follow_id=row.beginning)


def membership_ended(cause: RollDeleted | MemberJoined, *, member_id: UUID, membership_id: UUID) -> MemberRemoved:
    """The fact that a membership of a deleted roll is over."""
    return MemberRemoved(
        event_id=derived_id(cause.event_id, "MemberRemoved", membership_id),
        occurred_at=cause.occurred_at,
        actor_id=cause.actor_id,
        roll_id=cause.roll_id,
        member_id=member_id,
        membership_id=membership_id,
    )


def following_ended(cause: RollDeleted | RollFollowed, *, follower_id: UUID, follow_id: UUID) -> RollUnfollowed:
    """The fact that a following of a deleted roll is over."""
    return RollUnfollowed(
        event_id=derived_id(cause.event_id, "RollUnfollowed", follow_id),
        occurred_at=cause.occurred_at,
        actor_id=cause.actor_id,
        roll_id=cause.roll_id,
        follower_id=follower_id,
        follow_id=follow_id,
    )
