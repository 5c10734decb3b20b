"""members: who is a member of a roll, and in which role."""

from events.generated import MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged
from projections.tally.tally import Begin, Change, End, Mark, tally


@tally(keyed_by="member")
def members(event: MemberJoined | MemberRoleChanged | MemberLeft | MemberRemoved) -> list[Change]:
    match event:
        case MemberJoined():
            return [Begin.of(event, entity=event.roll_id, member=event.member_id, role=event.role)]
        case MemberRoleChanged():
            return [Mark(entity=event.roll_id, member=event.member_id, beginning=event.membership_id, role=event.role)]
        case MemberLeft() | MemberRemoved():
            return [End(entity=event.roll_id, member=event.member_id, beginning=event.membership_id)]
