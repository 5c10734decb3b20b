"""Asking where the log ends, while nobody answers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaException

from events.settings import Settings
from processors.log import ends
from processors.log.ends import LogEnds
from tests.partitions import PARTITIONING


def test_a_call_that_fails_leaves_the_others_their_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen to fail with the client not held: the first to fail replaces it, and the others wait for ever."""
    monkeypatch.setattr(ends, "ANSWER_SECONDS", 1)
    asked = LogEnds(Settings.model_validate({"kafka": "127.0.0.1:1"}), PARTITIONING)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(asked.now, "rolls")
        second = pool.submit(lambda: monkeypatch.setattr(ends, "ANSWER_SECONDS", 3) or asked.now("rolls"))
        for call in (first, second):
            with pytest.raises(KafkaException):
                call.result(20)


class Admins:
    """Stands in for AdminClient: each one that is made fails or answers as it is told."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.error: Exception = KafkaException("away")
        self.failing: list[Callable[[], None]] = []  # what happens while an answer is waited for, before it fails

    def __call__(self, config: dict[str, Any]) -> "Admins":
        self.made.append(len(self.made))
        return copy(self)

    def list_offsets(self, partitions: dict[Any, Any], request_timeout: float) -> dict[Any, "Admins"]:
        return dict.fromkeys(partitions, self)

    def result(self, timeout: float) -> Any:
        if self.failing:
            self.failing.pop()()
            raise self.error
        return SimpleNamespace(offset=7)


def test_a_client_that_replaced_the_one_that_failed_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    admins = Admins()
    monkeypatch.setattr(ends, "AdminClient", admins)
    asked = LogEnds(Settings(), PARTITIONING)

    def another_fails_and_a_third_is_answered() -> None:
        admins.failing.append(lambda: None)
        with pytest.raises(KafkaException):
            asked.now("rolls")
        assert {end for _, _, end in asked.now("rolls")} == {7}
        assert len(admins.made) == 2

    admins.failing.append(another_fails_and_a_third_is_answered)
    with pytest.raises(KafkaException):
        asked.now("rolls")
    asked.now("rolls")
    assert len(admins.made) == 2


@pytest.mark.parametrize("error", [KafkaException("away"), TimeoutError()])
def test_a_client_that_failed_or_did_not_answer_is_replaced(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    admins = Admins()
    admins.error, admins.failing = error, [lambda: None]
    monkeypatch.setattr(ends, "AdminClient", admins)
    asked = LogEnds(Settings(), PARTITIONING)
    with pytest.raises(type(error)):
        asked.now("rolls")
    assert {end for _, _, end in asked.now("rolls")} == {7}
    assert len(admins.made) == 2
