"""members: who is a member of a roll, and in which role."""

from uuid import UUID

from events.generated import MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged
from projections.rolls.roll import Roll
from projections.store.protocol import Store
from projections.store.scan import rest_of
from projections.tally.queries import live_beginnings, live_shards
from projections.tally.tally import Begin, Change, End, Mark, Member, tally

OWNER, MEMBER = "owner", "member"
PAGE = 500


@tally(keyed_by="member")
def members(event: MemberJoined | MemberRoleChanged | MemberLeft | MemberRemoved) -> list[Change]:
    match event:
        case MemberJoined():
            return [Begin.of(event, entity=event.roll_id, member=event.member_id, role=event.role)]
        case MemberRoleChanged():
            return [Mark(entity=event.roll_id, member=event.member_id, beginning=event.membership_id, role=event.role)]
        case MemberLeft() | MemberRemoved():
            return [End(entity=event.roll_id, member=event.member_id, beginning=event.membership_id)]


async def another_owner(store: Store, roll: Roll, than: UUID) -> bool:
    """Whether a roll has an owner other than `than`. Looks for its creator first, who mostly is one.

    Two requests, or three where the log has many partitions; more only where all of a roll's first thousands of
    memberships are others'.

    Raises StoreUnavailable."""
    if roll.creator_id not in (None, than):
        live = await live_beginnings(store, members, entity=roll.roll_id, member=roll.creator_id)
        if any(owns(row) for row in live):
            return True
    shards = [(roll.roll_id, shard) for shard in await live_shards(store, members, roll.roll_id)]
    first: list[list[Member]] = await store.slice_many(members.members, shards, limit=PAGE)
    if any(owns(row) and row.member != than for rows in first for row in rows):
        return True
    for (roll_id, shard), rows in zip(shards, first, strict=True):
        async for row in rest_of(store, members.members, roll_id, shard, first=rows, size=PAGE):
            if owns(row) and row.member != than:
                return True
    return False


def owns(row: Member) -> bool:
    """Whether a membership is live and has the role of an owner."""
    return row.live and row.role == OWNER
