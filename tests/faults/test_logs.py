"""Workers refuse a log that isn't what it was, or won't stay what it is, and say where.

Seen to fail with the fingerprint in `progress` taken out, and before topics were checked (docs/faults.md)."""

from tests.faults.on_logs import WEEK, cut_and_grown, names_a_position, wrong_retention
from tests.faults.system import System, system


def test_a_topic_that_keeps_its_records_for_a_week_is_refused(darkroom: System) -> None:
    said = wrong_retention(darkroom)
    darkroom.check({"a topic with a wrong retention": 0.0})
    assert all(word in said for word in ("photos", "retention.ms", WEEK, "-1")), said[-3000:]


def test_a_log_that_was_cut_and_grew_again_is_refused() -> None:
    with system(seed=4, people=60) as made:  # of its own: its log is of no more use
        said = cut_and_grown(made)
        assert names_a_position(said, made), said[-3000:]
        print("a log that was cut and grew again: refused")
