"""People's keys as a store has them: a row that can't be unwrapped says nothing of the others, and isn't remembered."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from events.codec import Codec
from events.generated import CommentPosted
from events.personal import DAMAGED, ERASED
from events.settings import Settings
from projections.private.keys import KeyStore
from projections.reactions.comments import comments_on
from projections.store.memory import MemoryStore
from tests.given import LAKE, NOON, named
from tests.kit import MemoryLog, MemoryRegistry, Worker
from tests.partitions import partition_of

pytestmark = pytest.mark.anyio

MASTER, KEY = bytes(range(32)), b"k" * 32
WHOLE = aes_key_wrap(MASTER, KEY)
ADA, BO = UUID(int=1), UUID(int=2)
DAMAGES = {
    "a changed byte": bytes([WHOLE[0] ^ 1]) + WHOLE[1:],
    "another master key": aes_key_wrap(b"m" * 32, KEY),
    "cut": WHOLE[:20],
    "a short key": aes_key_wrap(MASTER, b"k" * 16),
    "empty": b"",
    "none": None,
}


class Rows:
    """The rows of the table of keys, by person. Stands for the store that has it."""

    def __init__(self, rows: Mapping[UUID, tuple[bytes | None, bool]]) -> None:
        self.rows, self.reads = dict(rows), 0

    async def execute(self, cql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The row of one person."""
        self.reads += 1
        row = self.rows.get(values[0])
        return [row] if row else []


def keys(rows: Rows) -> KeyStore:
    """A key store over these rows."""
    return KeyStore(rows, Settings(master_key=base64.b64encode(MASTER).decode()))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrapped", DAMAGES.values(), ids=DAMAGES.keys())
async def test_a_damaged_row_is_its_persons_alone(wrapped: bytes | None) -> None:
    store = keys(Rows({ADA: (wrapped, False), BO: (WHOLE, False)}))
    assert await store.many([ADA, BO]) == {ADA: DAMAGED, BO: KEY}


async def test_what_was_damaged_or_absent_is_read_again_and_a_whole_key_is_not() -> None:
    rows = Rows({ADA: (None, False)})
    store = keys(rows)
    assert await store.many([ADA, BO]) == {ADA: DAMAGED}
    rows.rows |= {ADA: (WHOLE, False), BO: (WHOLE, False)}
    assert await store.many([ADA, BO]) == {ADA: KEY, BO: KEY}
    assert await store.many([ADA, BO]) == {ADA: KEY, BO: KEY}
    assert rows.reads == 4


async def test_an_erased_persons_row_is_not_unwrapped() -> None:
    assert await keys(Rows({ADA: (None, True)})).many([ADA]) == {ADA: ERASED}


async def test_one_damaged_row_is_one_dead_letter_and_its_partition_goes_on() -> None:
    bo = next(
        UUID(int=n) for n in range(3, 100) if partition_of("reactions", UUID(int=n)) == partition_of("reactions", ADA)
    )
    rows = Rows({ADA: (WHOLE, False), bo: (WHOLE, False)})
    log = MemoryLog(Codec(MemoryRegistry(), keys(rows)))
    for number, author in enumerate((bo, ADA, bo)):
        event_id = named(f"comment {number}")
        await log.append(
            CommentPosted(
                event_id=event_id, occurred_at=NOON, actor_id=author, photo_id=LAKE, author_id=author, text="!"
            )
        )
    rows.rows[ADA] = (WHOLE[:20], False)
    store = MemoryStore()
    worker = Worker(store, Codec(MemoryRegistry(), keys(rows)))
    await worker.fold_all(log)
    assert [(letter.position.offset, letter.reason) for letter in worker.letters] == [
        (1, f"the key of CommentPosted.author_id {ADA} is damaged")
    ]
    assert {comment.comment_id for comment in await comments_on(store, LAKE)} == {
        named("comment 0"),
        named("comment 2"),
    }
