"""The oracle's rule of ids by itself: which records of one event are copies (docs/design.md, section 2)."""

from uuid import UUID

from tests.oracle.copies import Copies

WINDOW = 600  # seconds
ONE, OTHER = UUID(int=1), UUID(int=2)


def copies(*records: tuple[UUID, float], topic: str = "rolls", partition: int = 0) -> list[bool]:
    """Which of one partition's records, appended at so many seconds, are copies."""
    rule = Copies(WINDOW)
    return [rule.take(topic, partition, identity, round(1000 * at)) for identity, at in records]


def test_the_first_record_of_an_event_is_a_fact() -> None:
    assert copies((ONE, 0), (OTHER, 0)) == [False, False]


def test_a_record_within_the_window_is_a_copy() -> None:
    assert copies((ONE, 1000), (OTHER, 1001), (ONE, 1599.999)) == [False, False, True]


def test_a_record_a_whole_window_later_is_a_fact_again() -> None:
    assert copies((ONE, 1000), (ONE, 1600)) == [False, False]


def test_a_copy_of_a_copy_is_a_copy_however_long_ago_the_first_was() -> None:
    assert copies((ONE, 0), (ONE, 500), (ONE, 1000), (ONE, 1500), (ONE, 2100)) == [False, True, True, True, False]


def test_an_append_time_that_goes_backward_makes_a_copy_too() -> None:
    assert copies((ONE, 5000), (ONE, 10)) == [False, True]


def test_of_several_earlier_records_the_latest_append_time_counts() -> None:
    assert copies((ONE, 5000), (ONE, 10), (ONE, 5500)) == [False, True, True]


def test_the_same_event_in_another_partition_or_topic_is_no_copy() -> None:
    rule = Copies(WINDOW)
    assert not rule.take("rolls", 0, ONE, 0)
    assert not rule.take("rolls", 1, ONE, 0)
    assert not rule.take("photos", 0, ONE, 0)
    assert rule.take("rolls", 1, ONE, 0)
