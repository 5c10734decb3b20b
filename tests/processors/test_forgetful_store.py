"""A database that acknowledged writes and then forgot them (a crash before its commit log was synced) is healed.

Seen to fail with `heal` taken out of `Runner.handle`: what was forgotten is missing. And with only
`progress` believed, and no check before it is written: it is written over what is missing.
"""

import copy
from collections.abc import Collection, Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.deadletters import DeadLetter
from processors.fetching import Record
from processors.lease import Lease
from processors.runner import Runner
from processors.transport import Batch
from projections.listed import of_topic
from projections.memory import MemoryStore
from projections.table import Stamped
from tests.histories import histories
from tests.kit import MemoryLog, Worker, cut, run


class ForgetfulStore(MemoryStore):
    """Forgets, at its nth write, what was written since it last synced, that write included; and says that it broke."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._left, self._synced = at, copy.deepcopy(self._tables)

    def sync(self) -> None:
        """From here on nothing before is forgotten."""
        self._synced = copy.deepcopy(self._tables)

    async def write(self, rows: Sequence[Stamped]) -> None:
        await super().write(rows)
        self._left -= 1
        if self._left == 0:
            self._tables = self._synced
            self.breaks += 1


@pytest.mark.parametrize("topic", ["accounts", "graph", "rolls", "photos", "reactions"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_a_database_forgot_is_folded_again(topic: str, data: st.DataObject) -> None:
    history = data.draw(histories(topic))
    store = ForgetfulStore(data.draw(st.integers(1, 30)))
    syncs = data.draw(st.integers(1, 6))

    async def scenario() -> None:
        log = MemoryLog()
        await log.append(*history)
        clean = MemoryStore()
        await Worker(clean, log.codec).fold_all(log, size=1)

        async def reread(topic: str, partition: int, offsets: Collection[int]) -> Mapping[int, Record]:
            return {offset: log.partitions[topic, partition][offset] for offset in offsets}

        async def keep(letter: DeadLetter) -> None:
            raise AssertionError(letter)

        runner = Runner(topic, of_topic(topic), store, log.codec, keep, reread=reread)
        for _, partition in log.partitions:
            await runner.start(partition)
        for (_, partition), records in log.partitions.items():
            for number, batch in enumerate(cut(records, 3)):
                if number % syncs == 0:
                    store.sync()
                await runner.handle(Batch(topic, partition, 1, list(batch)), Lease.of())
        for _, partition in log.partitions:  # as each tick does, for partitions in which nothing more happens
            await runner.heal(partition, Lease.of())
        assert store.dump() == clean.dump()

    run(scenario())
