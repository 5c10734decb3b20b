"""Single records are fetched from the log, fetch by fetch, without a broker."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from processors.handlers.batch import Record
from processors.log.records import fetch
from tests.kit import record, run

HERE = TopicPartition("photos", 3)


@dataclass
class Fetching:
    """A consumer of a log: a fetch gives `size` records from where it was sought, of those that there still are."""

    held: list[int]
    size: int = 3
    first: int = 0  # what lies before it was removed
    sought: list[int] = field(default_factory=list[int])

    def seek(self, tp: TopicPartition, offset: int) -> None:
        assert tp == HERE
        self.sought.append(offset)

    async def getmany(self, tp: TopicPartition, timeout_ms: int) -> Mapping[TopicPartition, list[Record]]:
        if self.sought[-1] < self.first:
            raise OffsetOutOfRangeError
        found = [offset for offset in self.held if offset >= self.sought[-1]][: self.size]
        return {tp: [record("photos", 3, offset, None, None) for offset in found]} if found else {}


@pytest.mark.parametrize(
    ("wanted", "sought"),
    [
        ([], []),
        ([4], [4]),
        ([0, 2], [0]),
        ([0, 3], [0, 3]),
        ([1, 2, 5, 6, 7, 9], [1, 5, 9]),
        ([0, 9], [0, 9]),
        (list(range(10)), [0, 3, 6, 9]),
    ],
)
def test_what_is_wanted_is_found_with_a_fetch_for_what_lies_near(wanted: list[int], sought: list[int]) -> None:
    consumer = Fetching(list(range(10)))
    found = run(fetch(consumer, HERE, wanted))  # type: ignore[arg-type]
    assert [(offset, each.offset) for offset, each in found.items()] == [(offset, offset) for offset in wanted]
    assert consumer.sought == sought


def test_what_the_log_lacks_is_left_out() -> None:
    consumer = Fetching([0, 1, 2, 5, 6])  # 3 and 4 were compacted, or a transaction's marks
    found = run(fetch(consumer, HERE, [2, 3, 4, 6]))  # type: ignore[arg-type]
    assert sorted(found) == [2, 6]


def test_what_was_removed_meanwhile_is_left_out() -> None:
    consumer = Fetching(list(range(10)), first=5)
    found = run(fetch(consumer, HERE, [1, 4, 6]))  # type: ignore[arg-type]
    assert sorted(found) == [6]


def test_a_fetch_that_brings_nothing_says_so_in_time() -> None:
    with pytest.raises(TimeoutError, match=r"photos-3@7 didn't arrive in 10 s"):
        run(fetch(Fetching([0, 1]), HERE, [0, 7]))  # type: ignore[arg-type]
