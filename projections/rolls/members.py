"""members: who is a member of a roll, and in which role."""

from events.generated import MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged
from projections.tally.tally import Begin, Change, End, Mark, tally


@tally("members", keyed_by="member")
def members(event: MemberJoined | MemberRoleChanged | MemberLeft | MemberRemoved) -> list[Change]:
    match event:
        case MemberJoined():
            return [Begin(event.roll_id, event.member_id, event.event_id, event.occurred_at, event.role)]
        case MemberRoleChanged():
            return [Mark(event.roll_id, event.member_id, event.membership_id, event.role)]
        case MemberLeft() | MemberRemoved():
            return [End(event.roll_id, event.member_id, event.membership_id)]
