"""filter_late filters what `filter` hasn't: old photos, and those that it failed with. It is the lane that promises
that every photo is filtered or rejected; `filter` only makes it quick.

It handles a batch once `filter`'s own progress has passed it, so nothing that `filter` is at work on is done twice, and
today's photos are done before. Then it waits until `photo` is projected to what was the log's end at that moment: all
that `filter` appended before it moved its progress is below that end, and is seen. What is neither filtered nor ended
now, `filter` has left, or never got; it is filtered here, by workers that run behind everything else (nice 10).

Nothing is left out, since this lane looks at every PhotoTaken itself, whatever `filter` took for old, and by whichever
clock. A lost `progress` of `filter` has it begin at the log's beginning, where it leaves alone all that is old, while
this lane waits for new photos only; a lost `progress` of this one has it look at every photo's row, and filter none. A
partition's two lanes may be in different workers: progress is read from the store. What a worker of either lane that
lost its partition appends late has a derived id, and changes nothing; objects that it writes late are removed again
with what ended (processors/cleanup.py). A photo that can't be filtered becomes a dead letter here and nowhere else.
"""

from dataclasses import replace
from uuid import UUID

from processors.film.limits import LIMITS
from processors.film.sandbox.pool import Pool
from processors.filter import Filter, FilterLane, photo_taken
from processors.handlers.batch import Batch, Partition
from processors.handlers.projected import End
from processors.handlers.reader import Read
from processors.handlers.tools import Tools
from processors.transport.lease import Lease

BEHIND = replace(LIMITS, nice=10)
PAUSE = 0.5  # seconds: `filter` takes tenths of one for each photo


class FilterLate(FilterLane):
    """Filters what `filter` has left, with half as many workers.

    `pool`: filters in other processes; by default a new one with as many as the settings say."""

    name = "filter_late"
    pauses = (1.0, 5.0, 30.0, 60.0)

    def __init__(self, tools: Tools, pool: Pool | None = None):
        workers = max(1, tools.settings.filter_workers // 2)
        super().__init__(tools, pool or Pool(workers, BEHIND), workers)
        self._given_up: dict[UUID, Exception] = {}  # by the id of a PhotoTaken that is being looked for, by halves

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Filters what is left of a batch. Raises LeaseLost, and what a photo can't be filtered for."""
        taken = [event for read in reads if (event := photo_taken(read))]
        if not taken:
            return
        here = (batch.topic, batch.partition, batch.next_offset)
        await self.tools.projected.until([Filter.name], [here], lease, pause=PAUSE)
        taken = await self.unfinished(taken, here, lease)
        if taken:  # which is rare: the log's end needn't be asked for each time
            taken = await self.unfinished(taken, await self._end_of(batch, lease), lease)
        known = {one.event_id: self._given_up[one.event_id] for one in taken if one.event_id in self._given_up}
        failed = known | await self.filter_all([one for one in taken if one.event_id not in known], lease)
        if len(reads) > 1:
            self._given_up |= failed  # this batch's halves come next, down to the photo: it isn't tried again
        elif known:
            del self._given_up[taken[0].event_id]
        for error in failed.values():
            raise error

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """See Reactor."""
        self._given_up.clear()

    async def _end_of(self, batch: Batch, lease: Lease) -> End:
        """Where a batch's partition ends now. Raises LeaseLost."""
        ends = await lease.retry(lambda: self.tools.log_ends(batch.topic), transient=lambda _: True)
        return next(end for end in ends if end[1] == batch.partition)
