"""invitations: the rolls that a person was invited to join, and when last."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.generated import MemberInvited
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.table import Table, Upsert
from projections.tally.own import since_1970
from projections.tally.queries import Belonging


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation of a person to a roll."""

    member_id: UUID
    roll_id: UUID
    invited_by: UUID | None = None
    invited_at: datetime | None = None


INVITATIONS = Table("invitations", Invitation, partition=1, clustering=1)


@projection(INVITATIONS)
def invitations(event: MemberInvited) -> list[Upsert]:
    return [
        INVITATIONS.upsert(
            member_id=event.member_id,
            roll_id=event.roll_id,
            invited_by=event.actor_id,
            invited_at=event.occurred_at,
        )
    ]


async def invitation(store: Store, member_id: UUID, roll_id: UUID) -> Invitation | None:
    """A person's last invitation to a roll, accepted or not."""
    return await store.get(INVITATIONS, member_id, roll_id)


def was_accepted(invitation: Invitation, membership: Belonging) -> bool:
    """Whether the person has joined since. Who left or was removed needs another invitation."""
    assert invitation.invited_at is not None
    return membership.times > 0 and membership.latest >= since_1970(invitation.invited_at)
