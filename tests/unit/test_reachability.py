"""What a process says of a server that it can't reach: at once, ever more rarely, and when it is back."""

import logging

import pytest

from events.reachability import FIRST_SECONDS, LONGEST_SECONDS, Reachability


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_it_says_what_and_why_at_once_then_more_rarely(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    kafka = Reachability(logging.getLogger("test"), "Kafka at here:9092", clock)
    moments = list[float]()
    for second in range(3600):
        clock.seconds = 1000.0 + second
        before = len(caplog.records)
        kafka.failed(ConnectionRefusedError("nobody listens"))
        moments += [second] if len(caplog.records) > before else []
    assert moments == [0, 10, 30, 70, 150, 310, 630, 1230, 1830, 2430, 3030]
    assert moments[1] == FIRST_SECONDS
    assert moments[-1] - moments[-2] == LONGEST_SECONDS
    assert said(caplog)[0] == "Kafka at here:9092 can't be reached: ConnectionRefusedError: nobody listens"
    assert said(caplog)[1].startswith("Kafka at here:9092 can't be reached for 10 s (11 attempts): ")


def test_it_says_once_that_it_answers_again(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    kafka = Reachability(logging.getLogger("test"), "Kafka", clock)
    kafka.answered()
    assert said(caplog) == []
    kafka.failed("no answer")
    clock.seconds += 42
    kafka.answered()
    kafka.answered()
    assert said(caplog) == ["Kafka can't be reached: no answer", "Kafka answers again, after 42 s"]
    kafka.failed("again")
    assert said(caplog)[-1] == "Kafka can't be reached: again"
