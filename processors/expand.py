"""expand appends what follows for others from one fact: an ended photo leaves its rolls; a deleted roll's memberships
and followings end; a photo that developed counts as developed in each of its rolls.

Two events that need each other may come in either order and in different partitions (a roll is deleted while somebody
joins it). So for a batch the ends of the partitions behind the read models are taken first, then the read models are
waited for, and only then read: of two such events, at least one sees the other (docs/design.md, section 3, rule 6).
"""

from collections.abc import AsyncIterator
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
from processors.handlers.batch import Batch
from processors.handlers.patient import PatientPublisher, PatientStore
from processors.handlers.reactor import Reactor, wait_until_projected
from processors.handlers.reader import Read
from processors.handlers.tools import Tools
from processors.transport.lease import Lease
from producers.decide.photos import photo_developed_in_roll, photo_removed
from projections.photos.photo import photo_of, placements
from projections.rolls.members import members
from projections.rolls.roll import ROLL, Roll
from projections.rolls.roll_followers import roll_followers
from projections.store.protocol import Store
from projections.store.scan import scan
from projections.tally.queries import live_shards
from projections.tally.tally import Member, Tally

PAGE = 500


class Expand(Reactor):
    """Appends the derived facts of a batch, in the order of their causes."""

    name = "expand"
    topics = ("photos", "rolls")
    wants = (
        PhotoDeleted,
        PhotoTakenDown,
        PhotoRejected,
        PhotoDeveloped,
        PhotoAddedToRoll,
        RollDeleted,
        MemberJoined,
        RollFollowed,
    )
    appends = (PhotoRemovedFromRoll, PhotoDevelopedInRoll, MemberRemoved, RollUnfollowed)

    def __init__(self, tools: Tools):
        self._store, self._publisher, self._log_ends = tools.store, tools.publisher, tools.log_ends

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Appends what follows from a batch's events. Raises LeaseLost when the lease is lost."""
        if not reads:
            return
        store, publisher = PatientStore(self._store, lease), PatientPublisher(self._publisher, lease)
        await self._wait_for_views(batch, lease)
        for read in reads:
            pending: list[Event] = []
            async for event in consequences(read.event, store):
                pending.append(event)
                if len(pending) == PAGE:
                    await publisher.publish_all(pending)
                    pending = []
            if pending:
                await publisher.publish_all(pending)

    async def _wait_for_views(self, batch: Batch, lease: Lease) -> None:
        if batch.topic == "photos":
            # All that happens to a photo is in one partition, so what came before is below the batch's end.
            ends = [(batch.topic, batch.partition, batch.next_offset)]
            await wait_until_projected(self._store, ["photo"], ends, lease)
        else:
            ends = await lease.retry(lambda: self._log_ends("rolls"), transient=lambda _: True)
            await wait_until_projected(self._store, ["roll", "members", "roll_followers"], ends, lease)


async def consequences(cause: Event, store: Store) -> AsyncIterator[Event]:
    """The facts that follow from an event, given what the read models hold."""
    match cause:
        case PhotoDeleted() | PhotoTakenDown() | PhotoRejected():
            for placement in await placements(store, cause.photo_id):
                yield photo_removed(cause, placement.roll_id, placement_id=placement.placement_id)
        case PhotoDeveloped():
            for placement in await placements(store, cause.photo_id):
                yield photo_developed_in_roll(
                    cause, placement.roll_id, placement_id=placement.placement_id, card=cause.card
                )
        case PhotoAddedToRoll():
            photo = await photo_of(store, cause.photo_id)
            if photo is not None and photo.ended:
                yield photo_removed(cause, cause.roll_id, placement_id=cause.event_id)
            elif photo is not None and photo.developed:
                yield photo_developed_in_roll(cause, cause.roll_id, placement_id=cause.event_id, card=photo.card)
        case RollDeleted():
            async for member in live_members(store, members, cause.roll_id):
                yield membership_ended(cause, member_id=member.member, membership_id=member.beginning)
            async for follower in live_members(store, roll_followers, cause.roll_id):
                yield following_ended(cause, follower_id=follower.member, follow_id=follower.beginning)
        case MemberJoined():
            if await roll_is_deleted(store, cause.roll_id):
                yield membership_ended(cause, member_id=cause.member_id, membership_id=cause.event_id)
        case RollFollowed():
            if await roll_is_deleted(store, cause.roll_id):
                yield following_ended(cause, follower_id=cause.follower_id, follow_id=cause.event_id)
        case _:
            pass


async def roll_is_deleted(store: Store, roll_id: UUID) -> bool:
    """Whether a roll was deleted."""
    roll: Roll | None = await store.get(ROLL, roll_id)
    return roll is not None and bool(roll.deleted)


async def live_members(store: Store, tally: Tally, entity: UUID) -> AsyncIterator[Member]:
    """The live beginnings of a set, over all of its shards that have any, read a page at a time."""
    for shard in await live_shards(store, tally, entity):
        async for row in scan(store, tally.members, entity, shard, size=PAGE):
            if row.live:
                yield row


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
