"""rolls_of_user: the rolls that a person is a member of, and in which role."""

from events.generated import MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged
from projections.tally.tally import Begin, Change, End, Mark, tally


@tally("rolls", keyed_by="entity")
def rolls_of_user(event: MemberJoined | MemberRoleChanged | MemberLeft | MemberRemoved) -> list[Change]:
    match event:
        case MemberJoined():
            return [Begin(event.member_id, event.roll_id, event.event_id, event.occurred_at, event.role)]
        case MemberRoleChanged():
            return [Mark(event.member_id, event.roll_id, event.membership_id, event.role)]
        case MemberLeft() | MemberRemoved():
            return [End(event.member_id, event.roll_id, event.membership_id)]
