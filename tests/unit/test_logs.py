"""Libraries in a process's log."""

import logging

from events.logs import RateLimit


def test_a_library_that_repeats_itself_is_heard_ever_more_rarely() -> None:
    """Seen to fail with a pause that doesn't grow."""
    limit = RateLimit()

    def heard(name: str, second: float) -> bool:
        record = logging.LogRecord(name, logging.ERROR, "", 0, "Unable to connect to %s", ("here",), None)
        record.created = 1e9 + second
        return limit.filter(record)

    assert [second for second in range(1000) if heard("aiokafka.conn", second)] == [0, 10, 30, 70, 150, 310, 630]
    assert heard("aiokafka.conn", 9000)
    assert [heard("darkroom.http", second) for second in (9001, 9002)] == [True, True]
