"""Given a roll's invitations, a person may join by the last one, once."""

from datetime import timedelta
from uuid import uuid4

from events.generated import MemberInvited
from events.ids import NIL
from projections.rolls.invitations import Invitation, invitation, spent
from projections.store.memory import MemoryStore
from projections.tally.tally import Member
from tests.histories import ROLLS, START, USERS
from tests.kit import folded, run

ADA, GRACE, KENJI, _ = USERS


def invited(by: object, minutes: int) -> MemberInvited:
    return MemberInvited(
        event_id=uuid4(),
        occurred_at=START + timedelta(minutes=minutes),
        actor_id=by,  # type: ignore[arg-type]
        roll_id=ROLLS[0],
        member_id=KENJI,
    )


def test_the_last_invitation_stands() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        await folded(store, [invited(ADA, 0), invited(GRACE, 5)])
        assert await invitation(store, KENJI, ROLLS[0]) == Invitation(
            KENJI, ROLLS[0], GRACE, START + timedelta(minutes=5)
        )
        assert await invitation(store, KENJI, ROLLS[1]) is None

    run(scenario())


def test_an_invitation_is_spent_by_the_first_joining_after_it_even_one_that_has_ended() -> None:
    last = Invitation(KENJI, ROLLS[0], ADA, START)
    before = Member(ROLLS[0], 0, KENJI, NIL, START - timedelta(minutes=1), True)
    after = Member(ROLLS[0], 0, KENJI, NIL, START + timedelta(minutes=1), True)
    assert not spent(last, [])
    assert not spent(last, [before])
    assert spent(last, [before, after])
