"""Who asks at about the same time is answered at once, with what was read after all of them had asked."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from events.rounds import Rounds
from tests.travelling import clock, travel


class Reads:
    """Notes what each round was asked for and when; each takes `seconds`, and what it raises is in `errors`."""

    def __init__(self, seconds: float = 0.0, *errors: Exception) -> None:
        self.rounds: list[tuple[float, list[str]]] = []
        self._seconds, self._errors = seconds, list(errors)

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, int]:
        self.rounds.append((clock(), list(keys)))
        number = len(self.rounds)
        await asyncio.sleep(self._seconds)
        if self._errors:
            raise self._errors.pop(0)
        return dict.fromkeys(keys, number)


def test_who_asks_at_once_shares_a_round_in_which_each_key_is_read_once() -> None:
    async def scenario() -> None:
        reads = Reads()
        rounds = Rounds(reads)
        await asyncio.gather(rounds.ask("ab"), rounds.ask("bc"), rounds.ask("b"))
        assert reads.rounds == [(0.0, ["a", "b", "c"])]

    travel(scenario())


def test_who_asks_while_a_round_is_read_is_answered_by_the_next() -> None:
    """Seen to fail with the round under way shared: its answer may be older than the question."""

    async def scenario() -> None:
        reads = Reads(1.0)
        rounds = Rounds(reads)
        first = asyncio.create_task(rounds.ask("a"))
        await asyncio.sleep(0.5)
        assert (await rounds.ask("a"))["a"] == 2
        assert (await first)["a"] == 1
        assert clock() == 2.0  # one after the other

    travel(scenario())


def test_rounds_begin_no_sooner_than_their_interval() -> None:
    """Seen to fail without the pause."""

    async def scenario() -> None:
        reads = Reads()
        rounds = Rounds(reads, interval=0.5)
        for _ in range(3):
            await rounds.ask("a")
        await asyncio.sleep(5.0)
        await rounds.ask("a")
        assert [at for at, _ in reads.rounds] == [0.0, 0.5, 1.0, 6.0]

    travel(scenario())


def test_an_error_is_told_to_all_who_asked_and_the_next_round_is_read() -> None:
    async def scenario() -> None:
        rounds = Rounds(Reads(0.0, ValueError("no")))
        answers = await asyncio.gather(rounds.ask("a"), rounds.ask("b"), return_exceptions=True)
        assert [str(answer) for answer in answers] == ["no", "no"]
        assert (await rounds.ask("a"))["a"] == 2

    travel(scenario())


def test_who_asks_no_more_takes_nothing_from_the_others() -> None:
    """Seen to fail without the shield."""

    async def scenario() -> None:
        rounds = Rounds(Reads(1.0))
        gone, there = asyncio.create_task(rounds.ask("a")), asyncio.create_task(rounds.ask("b"))
        await asyncio.sleep(0.5)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert (await there)["b"] == 1

    travel(scenario())
