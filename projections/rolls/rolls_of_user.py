"""rolls_of_user: the rolls that a person is a member of, and in which role."""

from events.generated import MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged
from projections.tally.tally import Begin, Change, End, Mark, tally


@tally(keyed_by="entity")
def rolls_of_user(event: MemberJoined | MemberRoleChanged | MemberLeft | MemberRemoved) -> list[Change]:
    match event:
        case MemberJoined():
            return [Begin.of(event, entity=event.member_id, member=event.roll_id, role=event.role)]
        case MemberRoleChanged():
            return [Mark(entity=event.member_id, member=event.roll_id, beginning=event.membership_id, role=event.role)]
        case MemberLeft() | MemberRemoved():
            return [End(entity=event.member_id, member=event.roll_id, beginning=event.membership_id)]
