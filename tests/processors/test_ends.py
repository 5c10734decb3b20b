"""Asking where the log ends, while nobody answers."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import KafkaException

from events.settings import Settings
from processors.log import ends
from processors.log.ends import LogEnds


def test_a_call_that_fails_leaves_the_others_their_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen to fail with the client not held: the first to fail replaces it, and the others wait for ever."""
    monkeypatch.setattr(ends, "ANSWER_SECONDS", 1)
    asked = LogEnds(Settings.model_validate({"kafka": "127.0.0.1:1"}))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(asked.now, "rolls")
        second = pool.submit(lambda: monkeypatch.setattr(ends, "ANSWER_SECONDS", 3) or asked.now("rolls"))
        for call in (first, second):
            with pytest.raises(KafkaException):
                call.result(20)
