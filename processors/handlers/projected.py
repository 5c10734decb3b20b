"""Waits until projections (or reactors) have come to an offset: reactors read what was written up to there."""

from collections.abc import Callable, Mapping, Sequence

from processors.handlers.batch import Partition
from processors.handlers.patient import PatientStore, transient
from processors.transport.lease import Lease
from projections.progress import Progress
from projections.progress_poller import ProgressPoller
from projections.projection import GENERATION
from projections.store.protocol import Store
from projections.store.survival import Starts

End = tuple[str, int, int]  # topic, partition, next offset


class Projected:
    """Waits on behalf of all reactors of a process.

    - `poller`: looks at `progress` for all of them
    - `names_of`: gives the names of a topic's projections
    """

    def __init__(self, store: Store, poller: ProgressPoller, names_of: Callable[[str], Sequence[str]]):
        self._store, self._poller, self._names_of = store, poller, names_of

    async def until(self, names: Sequence[str], ends: Sequence[End], lease: Lease, pause: float = 0.0) -> None:
        """Waits until these projections (or reactors) have done each (topic, partition) up to its next offset, for
        sure: after a start of a node that is later than the first time that `progress` says so.

        `pause`: seconds between two looks, beyond those that the poller takes. Raises LeaseLost."""
        store, left = PatientStore(self._store, lease), list(ends)
        while True:
            nodes = await store.nodes()
            places = [(topic, partition) for topic, partition, _ in left]
            found = await lease.retry(lambda places=places: self._poller.look(places), transient=transient)
            left = [end for end in left if not kept(found[end[:2]], names, nodes, end[2])]
            if not left:
                return
            await lease.pause(pause)

    async def until_all(self, partition: Partition, end: int, lease: Lease) -> None:
        """Waits until every projection of a partition's topic has done it up to this offset. Raises LeaseLost."""
        topic, number = partition
        await self.until(self._names_of(topic), [(topic, number, end)], lease)


def kept(rows: Mapping[tuple[str, int], Progress], names: Sequence[str], nodes: Starts, end: int) -> bool:
    """Whether all that these projections wrote of a partition below `end` is kept, where the nodes are these."""
    found = (rows.get((name, GENERATION)) for name in names)
    return all((row.kept(nodes) if row else 0) >= end for row in found)
