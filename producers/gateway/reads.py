"""Questions that only decisions ask of the read models."""

import asyncio
from uuid import UUID

from events.topics import TOPICS
from producers.decide.photos import Destination
from projections.buckets import month_of
from projections.reactions.comments import COMMENTS, Comment, commented
from projections.rolls.members import members
from projections.rolls.roll import Roll
from projections.store.protocol import Store
from projections.tally.queries import counts_of
from projections.tally.tally import Member
from projections.visibility import OWNER, Sight, role_in

PAGE = 500


async def size_of(store: Store, entity: UUID, kind: str) -> int:
    """How large one of an entity's sets is."""
    return (await counts_of(store, [entity]))[0][kind]


async def destination(sight: Sight, roll_id: UUID) -> Destination:
    """How the viewer stands to a roll that a photo shall go to."""
    roll, role = await asyncio.gather(sight.roll(roll_id), sight.role(roll_id))
    return Destination(roll_id, roll is not None, role)


async def another_owner(store: Store, roll: Roll, than: UUID) -> bool:
    """Whether somebody else owns a roll too. Its creator is asked first: mostly that is the answer."""
    if roll.creator_id not in (None, than) and await role_in(store, roll.roll_id, roll.creator_id) == OWNER:
        return True
    for shard in range(TOPICS[members.topics[0]].partitions):
        after: tuple[UUID, ...] = ()
        while True:
            rows: list[Member] = await store.slice(members.members, roll.roll_id, shard, after=after, limit=PAGE)
            if any(row.live and row.role == OWNER and row.member != than for row in rows):
                return True
            if len(rows) < PAGE:
                break
            after = (rows[-1].member, rows[-1].beginning)
    return False


async def comment_on(store: Store, photo_id: UUID, comment_id: UUID) -> Comment | None:
    """A comment that stands. Its author isn't known yet, so each of the set's shards is asked for its time."""
    shards = range(TOPICS[commented.topics[0]].partitions)
    found = await asyncio.gather(*(store.pick(commented.members, (photo_id, shard), [comment_id]) for shard in shards))
    for row in (row for rows in found for row in rows if row.live):
        return await store.get(COMMENTS, photo_id, month_of(row.begun), row.begun, comment_id)
    return None
