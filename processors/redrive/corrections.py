"""Numbers the corrections of each record, so that of two that write other values the later one stays.

The numbers are in a table of their own, without an end: the requests are kept for 90 days only, and one made later must
have the next number too. They are of a record, not of a projection: a redrive for all of them writes the rows of each.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Protocol

from projections.store.cassandra import CassandraStore
from projections.store.table import STAMPS_PER_OFFSET

MOST = STAMPS_PER_OFFSET - 1  # corrections of one record
AT_ONCE = 200


class Corrections(Protocol):
    """How often each record was corrected. Only the owner of its partition asks."""

    async def next_numbers(self, topic: str, partition: int, offsets: Collection[int]) -> Mapping[int, int]:
        """Numbers one more correction of each of these records, from 1 on, and keeps it before anything is written.

        What has been corrected MOST times is left out. Raises StoreUnavailable: some may be numbered."""
        ...


class CassandraCorrections:
    """See Corrections."""

    def __init__(self, store: CassandraStore, keyspace: str):
        self._store, self._table = store, f"{keyspace}.corrections"

    async def next_numbers(self, topic: str, partition: int, offsets: Collection[int]) -> Mapping[int, int]:
        """See Corrections."""
        cql = f"SELECT offset, number FROM {self._table} WHERE topic = ? AND partition = ? AND offset IN ?"
        rows = await self._store.execute(cql, (topic, partition, sorted(offsets)))
        numbers = following(offsets, dict(rows))
        # The number is its own write time: an earlier owner that was stalled can't set it back.
        cql = f"INSERT INTO {self._table} (topic, partition, offset, number) VALUES (?, ?, ?, ?) USING TIMESTAMP ?"
        values = [(topic, partition, offset, number, number) for offset, number in numbers.items()]
        for i in range(0, len(values), AT_ONCE):
            await asyncio.gather(*(self._store.execute(cql, row) for row in values[i : i + AT_ONCE]))
        return numbers


def following(offsets: Collection[int], known: Mapping[int, int]) -> dict[int, int]:
    """The next numbers of records, given the last ones of those that have any."""
    return {offset: known.get(offset, 0) + 1 for offset in sorted(offsets) if known.get(offset, 0) < MOST}
