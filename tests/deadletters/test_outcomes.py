"""What is answered for each request: a record may fail for one name and be applied for another."""

from collections.abc import Sequence

import pytest

from events.positions import Position
from processors.transport.lease import Lease
from projections.progress import progress_rows
from projections.projection import GENERATION
from tests.deadletters.test_redrive import MemoryRequests, a_bad_like, redriver
from tests.kit import Record

pytestmark = pytest.mark.anyio


class Told:
    """A replay of two projections in which some records fail, for the reasons that it is told."""

    names = ("comments", "likers")

    def __init__(self, reasons: dict[tuple[str, int], str]) -> None:
        self._reasons = reasons

    def serves(self, name: str) -> bool:
        return True

    async def __call__(self, records: Sequence[Record], name: str, lease: Lease) -> dict[int, str]:
        failed = {each.offset: self._reasons.get((name, each.offset), "") for each in records}
        return {offset: reason for offset, reason in failed.items() if reason}


async def outcomes_of(reasons: dict[tuple[str, int], str], *asked: tuple[int, str]) -> list[str]:
    """What is answered for these offsets and names when replaying fails for these reasons."""
    log, store, _, tp = await a_bad_like()
    await store.write(progress_rows(*tp, [("comments", GENERATION), ("likers", GENERATION)], offset=5))
    requests = MemoryRequests()
    requests.ask(*((Position(*tp, offset), name) for offset, name in asked))
    await redriver(requests, log, store, Told(reasons)).tick(tp, Lease.of())
    return requests.outcomes


async def test_a_record_that_fails_for_one_name_is_applied_for_another() -> None:
    reasons = {("likers", 1): "a bug", ("comments", 2): "another"}
    asked = [(1, "likers"), (1, "comments"), (2, "comments"), (2, "likers")]
    assert await outcomes_of(reasons, *asked) == ["failed: a bug", "applied", "failed: another", "applied"]
    assert await outcomes_of(reasons, *asked[::-1]) == ["applied", "failed: another", "applied", "failed: a bug"]


@pytest.mark.parametrize("length", [991, 992, 993, 5000])
async def test_an_outcome_has_at_most_a_thousand_characters(length: int) -> None:
    [outcome] = await outcomes_of({("likers", 1): "x" * length}, (1, "likers"))
    assert outcome == "failed: " + "x" * min(length, 992)
