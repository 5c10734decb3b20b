"""An event id counts once, where it first stands in its partition, whoever reads it from wherever."""

import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.handlers.batch import Record
from processors.handlers.copies import LEEWAY_MS, Copies
from tests.kit import cut, record

WINDOW = 600_000
HERE = ("reactions", 3)


def value_of(identity: int) -> bytes:
    """Bytes that begin as an event's do."""
    return b"\0\0\0\0\7H" + str(UUID(int=identity)).encode() + b"and the rest"


def records_of(*ids_and_times: tuple[int, int]) -> list[Record]:
    """Records by their events' ids and append times, in milliseconds."""
    return [
        record(*HERE, offset, b"key", value_of(identity), at) for offset, (identity, at) in enumerate(ids_and_times)
    ]


def counting(records: list[Record]) -> list[int]:
    """The offsets of those that are no copies, by the rule's own words."""
    return [
        each.offset
        for each in records
        if not any(
            before.value == each.value and before.timestamp > each.timestamp - WINDOW
            for before in records[: each.offset]
        )
    ]


def found(records: list[Record], begin: int, start: int, size: int) -> list[int]:
    """The same as `Copies` finds it, begun at an offset; of what is at `start` or later."""
    first = next((each.timestamp for each in records[start - 1 : start]), 0) - WINDOW - LEEWAY_MS
    begin = next((each.offset for each in records if each.timestamp >= first), start) if begin else 0
    copies = Copies(WINDOW, begin, first) if begin else Copies(WINDOW)
    offsets: list[int] = []
    for batch in cut(records[begin:], size):
        while (since := copies.show(batch)) is not None:
            at = next(each.offset for each in records if each.timestamp >= since)
            copies.learn(records[at : copies.next_offset], since)
        offsets += [each.offset for each in copies.without(batch) if each.offset >= start]
    return offsets


times = st.lists(st.tuples(st.integers(0, 5), st.integers(-WINDOW // 3, WINDOW)), max_size=30)


@given(steps=times, start=st.integers(0, 30), size=st.integers(1, 7), backward=st.booleans())
def test_it_follows_from_the_log_alone_wherever_one_begins(
    steps: list[tuple[int, int]], start: int, size: int, backward: bool
) -> None:
    """Seen to fail with the ids of the stretch before not shown, and with what is dropped dropped a window earlier."""
    at, ids_and_times = 10 * WINDOW, list[tuple[int, int]]()
    for identity, step in steps:
        at += step if backward else abs(step)
        ids_and_times.append((identity, at))
    records = records_of(*ids_and_times)
    start = min(start, len(records))
    expected = [offset for offset in counting(records) if offset >= start]
    assert found(records, 0, start, size) == expected
    assert found(records, start, start, size) == expected


@pytest.mark.parametrize(
    ("later", "counts"), [(0, False), (WINDOW - 1, False), (WINDOW, True), (WINDOW + 1, True), (-WINDOW, False)]
)
def test_a_copy_counts_again_only_a_window_after_the_last_one(later: int, counts: bool) -> None:
    records = records_of((1, 5 * WINDOW), (2, 5 * WINDOW), (1, 5 * WINDOW + later))
    assert found(records, 0, 0, 2) == [0, 1, *([2] if counts else [])]


def test_append_times_that_go_back_beyond_what_is_known_are_looked_up() -> None:
    """Seen to fail without that: of what was appended before one began, and of what was dropped."""
    before = records_of((1, 0), (2, 3 * WINDOW), (1, WINDOW // 2))
    assert found(before, 2, 2, 1) == counting(before)[2:] == []
    minutes = [int(WINDOW * each) for each in (0, 1.2, 2.4, 3.6)]
    dropped = records_of(*enumerate(minutes, 1), (1, WINDOW // 2))
    assert found(dropped, 0, 0, 1) == counting(dropped) == [0, 1, 2, 3]


def test_a_copy_of_a_copy_is_one_however_long_they_go_on() -> None:
    records = records_of(*((1, each * (WINDOW - 1)) for each in range(40)))
    assert found(records, 0, 0, 3) == [0]


def test_what_is_no_event_is_no_copy_of_anything() -> None:
    records = [record(*HERE, offset, b"key", value, 5) for offset, value in enumerate([None, None, b"", b"x", b"x"])]
    copies = Copies(WINDOW)
    assert copies.show(records) is None
    assert copies.without(records) == records


def test_the_same_records_may_be_shown_again() -> None:
    records = records_of((1, 0), (2, 1), (1, 2))
    copies = Copies(WINDOW)
    for _ in range(2):
        assert copies.show(records) is None
        assert [each.offset for each in copies.without(records)] == [0, 1]


def test_ids_are_forgotten_when_nothing_can_be_their_copy() -> None:
    """Seen to fail with nothing dropped."""
    copies, chooser = Copies(WINDOW), random.Random(1)
    for number in range(2000):
        copies.show([record(*HERE, number, b"key", value_of(chooser.getrandbits(100)), number * WINDOW // 100)])
    known = len(copies._young) + len(copies._old)
    assert 100 <= known <= 2 * (100 + 100 * LEEWAY_MS // WINDOW) + 2


def test_copies_are_forgotten_that_nobody_asks_for() -> None:
    records = records_of((1, 0), (1, 0), (1, 0))
    copies = Copies(WINDOW)
    copies.show(records)
    copies.forget_below(2)
    assert copies._copies == [2]


values = st.one_of(st.integers(0, 60).map(value_of), st.sampled_from([None, b"", b"x"]))
batches = st.lists(st.lists(st.tuples(values, st.integers(-60_000, WINDOW)), max_size=8), max_size=12)


@given(steps=batches, again=st.booleans())
def test_a_batch_shown_at_once_is_as_its_records_one_after_another(
    steps: list[list[tuple[bytes | None, int]]], again: bool
) -> None:
    """Seen to fail with any one of the conditions of `_show_at_once` taken out."""
    at_once, one_by_one = Copies(WINDOW), Copies(WINDOW)
    offset, at = 0, 10 * WINDOW
    for step in steps:
        batch: list[Record] = []
        for value, later in step:
            at += later // 8
            batch.append(record(*HERE, offset, b"key", value, at))
            offset += 1
        assert at_once.show(batch) == next(filter(None, (one_by_one.show([each]) for each in batch)), None)
        if again:
            assert at_once.show(batch) is None
        assert vars(at_once) == vars(one_by_one)
