"""expand: what follows from an end. An ended photo leaves its rolls; a deleted roll's memberships and followings end;
a photo that developed counts as developed in each of its rolls.

Two events that need each other may come in either order and in different partitions (a roll is deleted while somebody
joins it). So for a batch the ends of the partitions behind the read models are taken first, the read models are waited
for, and only then read: of two such events, at least one sees the other (DESIGN.md, section 3, rule 6).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

from events.generated import (
    Event,
    MemberJoined,
    MemberRemoved,
    PhotoAddedToRoll,
    PhotoDeleted,
    PhotoDeveloped,
    PhotoDevelopedInRoll,
    PhotoRejected,
    PhotoRemovedFromRoll,
    PhotoTakenDown,
    RollDeleted,
    RollFollowed,
    RollUnfollowed,
)
from events.ids import derived_id
from events.topics import TOPICS
from processors.handlers.patient import transient
from processors.handlers.reactor import folded_to
from processors.handlers.reader import Read
from processors.transport.consumer import Batch
from processors.transport.lease import Lease
from producers.publisher import Publishes
from projections.photos.photo import PHOTO, Photo
from projections.photos.rolls_of_photo import placements
from projections.rolls.members import members
from projections.rolls.roll import ROLL, Roll
from projections.rolls.roll_followers import roll_followers
from projections.store.protocol import Store
from projections.tally.tally import Member, Tally

PHOTO_ENDS = (PhotoDeleted, PhotoTakenDown, PhotoRejected)
WANTED = (*PHOTO_ENDS, PhotoDeveloped, PhotoAddedToRoll, RollDeleted, MemberJoined, RollFollowed)
TOPICS_READ = ("photos", "rolls")
PAGE = 500

Ends = Callable[[str], Awaitable[list[tuple[str, int, int]]]]


class Expander:
    """Appends the derived facts of a batch. `ends(topic)` gives the next offset of each partition of a topic."""

    def __init__(self, store: Store, publisher: Publishes, ends: Ends):
        self._store, self._publisher, self._ends = store, publisher, ends

    async def act(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Publishes what follows from a batch's events, in their order. LeaseLost."""
        if not reads:
            return
        if batch.topic == "photos":
            # All that happens to a photo is in one partition, so what came before is below the batch's end.
            here = [(batch.topic, batch.partition, batch.next_offset)]
            await folded_to(self._store, ["photo", "rolls_of_photo"], here, lease)
        else:
            ends = await lease.retry(lambda: self._ends("rolls"), transient=lambda _: True)
            await folded_to(self._store, ["roll", "members", "roll_followers"], ends, lease)
        for read in reads:
            pending: list[Event] = []
            async for event in self._consequences(read.event, lease):
                pending.append(event)
                if len(pending) == PAGE:
                    await self._append(pending, lease)
                    pending = []
            await self._append(pending, lease)

    async def _append(self, events: list[Event], lease: Lease) -> None:
        if events:
            await lease.retry(lambda: self._publisher.publish_all(events), transient=transient)

    async def _consequences(self, cause: Event, lease: Lease) -> AsyncIterator[Event]:
        match cause:
            case PhotoDeleted() | PhotoTakenDown() | PhotoRejected():
                for placement in await lease.retry(
                    lambda: placements(self._store, cause.photo_id), transient=transient
                ):
                    yield removed(cause, placement.roll_id, placement.placement_id)
            case PhotoDeveloped():
                for placement in await lease.retry(
                    lambda: placements(self._store, cause.photo_id), transient=transient
                ):
                    yield developed_in(cause, placement.roll_id, placement.placement_id)
            case PhotoAddedToRoll():
                photo: Photo | None = await lease.retry(
                    lambda: self._store.get(PHOTO, cause.photo_id), transient=transient
                )
                if photo is not None and photo.ended:
                    yield removed(cause, cause.roll_id, cause.event_id)
                elif photo is not None and photo.developed:
                    yield developed_in(cause, cause.roll_id, cause.event_id)
            case RollDeleted():
                async for member in everyone(self._store, members, cause.roll_id, lease):
                    yield membership_ended(cause, cause.roll_id, member.member, member.beginning)
                async for member in everyone(self._store, roll_followers, cause.roll_id, lease):
                    yield following_ended(cause, cause.roll_id, member.member, member.beginning)
            case MemberJoined():
                if await self._deleted(cause.roll_id, lease):
                    yield membership_ended(cause, cause.roll_id, cause.member_id, cause.event_id)
            case RollFollowed():
                if await self._deleted(cause.roll_id, lease):
                    yield following_ended(cause, cause.roll_id, cause.follower_id, cause.event_id)
            case _:
                pass

    async def _deleted(self, roll_id: UUID, lease: Lease) -> bool:
        roll: Roll | None = await lease.retry(lambda: self._store.get(ROLL, roll_id), transient=transient)
        return roll is not None and bool(roll.deleted)


async def everyone(store: Store, tally: Tally, entity: UUID, lease: Lease) -> AsyncIterator[Member]:
    """Every live beginning of a set, over all shards."""
    for shard in range(TOPICS[tally.topics[0]].partitions):
        after: tuple[UUID, ...] = ()
        while True:
            rows: list[Member] = await lease.retry(
                lambda s=shard, a=after: store.slice(tally.members, entity, s, after=a, limit=PAGE),
                transient=transient,
            )
            for row in rows:
                if row.live:
                    yield row
            if len(rows) < PAGE:
                break
            after = (rows[-1].member, rows[-1].beginning)


def removed(
    cause: PhotoDeleted | PhotoTakenDown | PhotoRejected | PhotoAddedToRoll, roll_id: UUID, placement_id: UUID
) -> Event:
    """A placement of an ended photo ends."""
    return PhotoRemovedFromRoll(
        event_id=derived_id(cause.event_id, "PhotoRemovedFromRoll", placement_id),
        occurred_at=cause.occurred_at,
        actor_id=cause.actor_id,
        photo_id=cause.photo_id,
        owner_id=cause.owner_id,
        roll_id=roll_id,
        placement_id=placement_id,
        taken_at=cause.taken_at,
        develops_at=cause.develops_at,
    )


def developed_in(cause: PhotoDeveloped | PhotoAddedToRoll, roll_id: UUID, placement_id: UUID) -> Event:
    """A placed photo has developed."""
    return PhotoDevelopedInRoll(
        event_id=derived_id(cause.event_id, "PhotoDevelopedInRoll", placement_id),
        occurred_at=cause.occurred_at,
        actor_id=cause.actor_id,
        photo_id=cause.photo_id,
        owner_id=cause.owner_id,
        roll_id=roll_id,
        placement_id=placement_id,
    )


def membership_ended(cause: RollDeleted | MemberJoined, roll_id: UUID, member_id: UUID, membership_id: UUID) -> Event:
    """A membership of a deleted roll ends."""
    return MemberRemoved(
        event_id=derived_id(cause.event_id, "MemberRemoved", membership_id),
        occurred_at=cause.occurred_at,
        actor_id=cause.actor_id,
        roll_id=roll_id,
        member_id=member_id,
        membership_id=membership_id,
    )


def following_ended(cause: RollDeleted | RollFollowed, roll_id: UUID, follower_id: UUID, follow_id: UUID) -> Event:
    """A following of a deleted roll ends."""
    return RollUnfollowed(
        event_id=derived_id(cause.event_id, "RollUnfollowed", follow_id),
        occurred_at=cause.occurred_at,
        actor_id=cause.actor_id,
        roll_id=roll_id,
        follower_id=follower_id,
        follow_id=follow_id,
    )
