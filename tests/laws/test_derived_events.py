"""The law of what reactors append: an event of theirs may stand in the log once more, at any later place, and count.

A reactor makes an event again after a crash, when it is asked to look again, or when its `progress` was lost, and the
log knows a copy by its id for some minutes only. So it must end something by its id, or say what stays true; never set
what may have been set otherwise since. It holds for whatever a reactor declares in `appends`.

Seen to fail with `photo` clearing the rejection of a photo that is filtered.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.codec import SCHEMA_OF, topic_of
from events.generated import Event, PhotoDeveloped, PhotoFiltered, PhotoRejected
from events.json_form import from_json
from processors.catalog import reactors
from processors.handlers.reactor import Reactor
from processors.handlers.tools import Tools
from projections.progress import PROGRESS
from projections.store.memory import MemoryStore
from tests import given as example
from tests.deadletters.failing import values
from tests.histories import an_event, histories
from tests.kit import MemoryLog, Worker
from tests.processors.world import World

pytestmark = pytest.mark.anyio

DERIVED = [kind for reactor in reactors() for kind in reactor.appends]
# A photo has one of each: their ids derive from the photo, or from its PhotoTaken, alone (or with the filter's version;
# what was filtered isn't filtered again).
ONE_OF_A_PHOTO = (PhotoDeveloped, PhotoFiltered, PhotoRejected)
often = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def as_reactors_append(history: Sequence[Event]) -> list[Event]:
    """A history without the second outcomes of a photo."""
    seen: dict[tuple[type[Event], UUID], Event] = {}
    kept: list[Event] = []
    for event in history:
        if isinstance(event, ONE_OF_A_PHOTO) and seen.setdefault((type(event), event.photo_id), event) != event:
            continue
        kept.append(event)
    return kept


async def folded(history: Sequence[Event]) -> dict[str, Any]:
    """All that every projection's tables say of a history, but for where in the log it says so."""
    log, store = MemoryLog(), MemoryStore()
    await log.append(*history)
    worker = Worker(store, log.codec)
    await worker.fold_all(log)
    assert worker.letters == []
    return {
        table: {key: {name: value for name, value in row.items() if name != "role_at"} for key, row in rows.items()}
        for table, rows in values(store).items()
        if table != PROGRESS.name
    }


@pytest.mark.parametrize("kind", DERIVED, ids=lambda kind: kind.__name__)
@often
@given(data=st.data())
async def test_a_derived_event_that_comes_again_changes_nothing(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(an_event(SCHEMA_OF[kind]))
    before, after = data.draw(st.tuples(*[histories(topic_of(kind), most=12)] * 2))
    once = as_reactors_append([*before, event, *after])
    derived = event if event in once else next(each for each in once if type(each) is kind)  # the photo's first
    again = data.draw(st.integers(once.index(derived) + 1, len(once)))
    assert await folded([*once[:again], derived, *once[again:]]) == await folded(once)


@pytest.mark.parametrize("reactor", reactors(), ids=lambda reactor: reactor.name)
async def test_a_reactor_appends_only_what_it_declares(reactor: type[Reactor]) -> None:
    world = World()
    tools: Tools = world.tools().that_append(reactor.appends)
    declared = [from_json(SCHEMA_OF[kind], SCHEMA_OF[kind].example()) for kind in reactor.appends]
    await tools.publisher.publish_all(declared)
    assert world.published == declared
    with pytest.raises(AssertionError, match="doesn't declare that it appends PhotoTaken"):
        await tools.publisher.publish_all([*declared, example.photo_taken()])
    assert world.published == declared
