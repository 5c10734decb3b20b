"""How a batch's rejects are sent to the dead letters: so many at once, tried again, and all before it returns."""

import asyncio
from collections.abc import Sequence

import pytest

from events.positions import Position
from processors.handlers import dead_letter
from processors.handlers.batch import Partition
from processors.handlers.dead_letter import DeadLetter, DeadLetterQueue
from processors.handlers.reject import Reject
from processors.transport.lease import Lease, LeaseLost
from producers.publisher import NotPublished
from tests.kit import record
from tests.processors.world import Meanwhile, nothing

pytestmark = pytest.mark.anyio

HERE = Partition("reactions", 5)


class Sending:
    """A queue, the letters that it sent, and how many of them were under way at once."""

    def __init__(self, generation: int = 1) -> None:
        self.letters: list[DeadLetter] = []
        self.failures: list[Exception] = []
        self.under_way = self.most = 0
        self.queue = DeadLetterQueue(self.send, generation=generation)

    async def send(self, letter: DeadLetter) -> None:
        """See SendLetter."""
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0)  # so that others can begin
            if self.failures:
                raise self.failures.pop(0)
            for _ in range(5):  # so that one that fails ends well before those that don't
                await asyncio.sleep(0)
            self.letters.append(letter)
        finally:
            self.under_way -= 1

    async def take(self, rejects: Sequence[Reject], lease: Lease | None = None) -> None:
        await self.queue.take(HERE, rejects, [], len(rejects), lease or Meanwhile())


def rejects(number: int) -> list[Reject]:
    return [Reject(record(*HERE, n, None, b"no"), "likers", "it's no event", decoded=False) for n in range(number)]


@pytest.mark.parametrize("key", [b"the key", None])
async def test_a_letter_has_its_rejects_record_and_who_couldnt_take_it_and_why(key: bytes | None) -> None:
    sending = Sending(generation=3)
    await sending.take([Reject(record(*HERE, 7, key, b"the value"), "likers", "misplaced", decoded=False)])
    assert sending.letters == [DeadLetter(Position(*HERE, 7), key, b"the value", "misplaced", "likers", 3)]


@pytest.mark.parametrize(("at_once", "number"), [(64, 70), (64, 5), (2, 5)])
async def test_each_of_many_rejects_is_sent_once_and_so_many_at_once(
    at_once: int, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letter, "LETTERS_AT_ONCE", at_once)
    sending = Sending()
    sending.failures = [NotPublished("down")]
    lease = Meanwhile(nothing)
    await sending.take(rejects(number), lease)
    assert sorted(letter.position.offset for letter in sending.letters) == list(range(number))
    assert sending.most == min(at_once, number)
    assert lease.left == []


@pytest.mark.parametrize("failure", [LeaseLost(), ValueError("a bug")], ids=repr)
async def test_a_letter_that_cant_be_sent_ends_the_taking_when_the_others_have_ended(failure: Exception) -> None:
    """Seen to fail with `gather` raising the first error at once: the other letter is still under way."""
    sending = Sending()
    sending.failures = [failure]
    with pytest.raises(type(failure)):
        await sending.take(rejects(2))
    assert [letter.position.offset for letter in sending.letters] == [1]
    assert sending.under_way == 0


async def test_a_lease_lost_while_a_letter_is_tried_again_ends_the_taking() -> None:
    sending = Sending()
    sending.failures = [NotPublished("down")]
    lease = Meanwhile()

    async def lose() -> None:
        lease.lose()

    lease.left.append(lose)
    with pytest.raises(LeaseLost):
        await sending.take(rejects(1), lease)
    assert sending.letters == []
