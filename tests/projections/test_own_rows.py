"""What a member's own row in a set says, and that it is bounded."""

from projections.store.table import Stamped
from projections.tally.own import WITHIN, live_of
from projections.tally.shard import Shard, recounted
from projections.tally.stamps import FIRST_FOLD
from projections.tally.tally import Member
from tests.given import ADA, BO, LAKE, NOON, minutes, named
from tests.projections.test_tally import (
    CORRECTION,
    FIRST,
    KNOWN,
    NOON_MS,
    SECOND,
    SHARD,
    UNLISTED,
    begun,
    ended,
    fold,
    marked,
    mine,
    own,
    owned,
    row,
    shard_row,
)


def test_a_members_own_row_says_by_what_they_are_in_the_set_and_how_often_they_began() -> None:
    changes = [begun(minute=3), begun(beginning=SECOND, minute=1, role="member"), marked("owner", SECOND), ended()]
    own_row = fold(list(enumerate(changes, 1))).rows[-2]
    assert own_row == mine(
        4096, Member(LAKE, SHARD, SECOND, ADA, minutes(1), role="owner", role_at=3), times=2, minute=3
    )
    read = Member(LAKE, SHARD, ADA, ADA, within=own_row.upsert["within"], times=2)
    assert live_of(read) == [Member(LAKE, SHARD, SECOND, ADA, minutes(1), role="owner")]


def test_an_older_role_that_is_folded_later_does_not_come_back() -> None:
    """Seen to fail where the role that is folded last stays."""
    known = [Member(LAKE, SHARD, FIRST, ADA, NOON, role="owner", role_at=9)]
    folded = fold([(5, marked("member"))], [shard_row(1, NOON_MS, 9), *known], stamps=CORRECTION)
    assert folded.rows[-2] == mine(9217, known[0])


def test_of_a_member_whose_beginning_has_his_own_id_there_is_one_row() -> None:
    once = begun(ADA, ADA)
    assert fold([(5, once)]).rows == [
        Stamped(UNLISTED.members.upsert(entity=LAKE, shard=SHARD, beginning=ADA, member=ADA, begun=NOON), 5120),
        own(5120, total=1, latest=NOON_MS, position=5, epoch=0),
    ]
    known = Member(LAKE, SHARD, ADA, ADA, NOON)
    shard = Shard(UNLISTED, entity=LAKE, shard=SHARD, rows=[known, shard_row(1, NOON_MS, 5)], stamps=FIRST_FOLD)
    shard.apply(ended(ADA, ADA), 6)
    assert shard.folded().count.upsert["total"] == 0


def test_who_is_in_a_set_by_as_many_beginnings_as_may_be_is_not_in_it_by_one_more() -> None:
    """So a member's own row is bounded, whatever a log holds. What was over as it began stays over."""
    ids = [named(f"b{n}") for n in range(WITHIN + 1)]
    folded = fold([(n + 1, begun(beginning=each, minute=n)) for n, each in enumerate(ids)])
    assert folded.rows[WITHIN] == row(begun(beginning=ids[-1]), 9216, begun=minutes(WITHIN), ended=True)
    live = [Member(LAKE, SHARD, each, ADA, minutes(n)) for n, each in enumerate(ids[:-1])]
    assert folded.rows[-2] == mine(9216, *live, times=WITHIN + 1, minute=WITHIN)
    assert folded.count.upsert["total"] == 1
    after = fold([(20 + n, ended(beginning=each)) for n, each in enumerate(ids[:-1])], [shard_row(1, 0, 9), *live])
    assert after.count.upsert["total"] == 0


def test_a_recount_writes_the_own_rows_that_are_wrong_and_no_others() -> None:
    facts = [KNOWN, Member(LAKE, SHARD, SECOND, BO, minutes(1))]
    right, wrong = owned(facts)[-2:] if owned(facts)[-2].member == ADA else reversed(owned(facts)[-2:])
    broken = Member(LAKE, SHARD, BO, BO, within="", times=1, latest=0)
    assert wrong.member == BO
    counted = recounted(UNLISTED, LAKE, SHARD, [*facts, right, broken, shard_row(7, 0, 9)], furthest=8)
    assert counted.rows[:-1] == [mine(9217, facts[1], who=BO, minute=1)]
    assert counted.count.upsert["total"] == 2
