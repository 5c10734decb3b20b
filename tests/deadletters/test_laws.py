"""The law of redriving: once what was wrong is mended, the tables say what they would had nothing been wrong.

That it bites: with `correction=True` taken out of `ProjectorReplay` (so that a redriven record bears its old stamps)
it fails within a second for graph, rolls, photos and reactions: the count of a set in which something happened after
the bad record stays what it was, because the corrected one is stamped below it.
"""

import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.generated import Event, MemberJoined, MemberRoleChanged
from events.ids import event_id_of
from events.topics import FACTS
from projections.catalog import of_topic
from projections.store.memory import MemoryStore
from tests.deadletters.failing import RefusingStore, fold_all, redrive, undecodable, unfoldable, values
from tests.histories import histories
from tests.kit import MemoryLog

pytestmark = pytest.mark.anyio

often = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
topics = pytest.mark.parametrize("topic", FACTS)


def marked_after_they_began(history: Sequence[Event]) -> list[Event]:
    """Without role changes of memberships that begin later, which no gateway can decide. Their order in the log is lost
    on a correction: the beginning's role, written when there was no other yet, has the later offset, and stays."""
    begun: set[object] = set()
    kept: list[Event] = []
    for event in history:
        if isinstance(event, MemberJoined):
            begun.add(event.event_id)
        if not isinstance(event, MemberRoleChanged) or event.membership_id in begun:
            kept.append(event)
    return kept


@topics
@pytest.mark.parametrize("wrong", ["undecodable", "unfoldable", "unstorable"])
@often
@given(data=st.data())
async def test_a_redriven_record_leaves_what_would_have_been(topic: str, wrong: str, data: st.DataObject) -> None:
    history = data.draw(histories(topic).map(marked_after_they_began).filter(len))
    size = data.draw(st.integers(1, 9))
    chooser = random.Random(data.draw(st.integers(0, 1000)))
    log = MemoryLog()
    await log.append(*history)
    expected = MemoryStore()
    assert await fold_all(log, of_topic(topic), expected, size) == []

    first = {event_id_of(each.value): each for records in log.partitions.values() for each in reversed(records)}
    bad = chooser.choice(list(first.values()))  # no copy, which nobody decodes
    store = RefusingStore([bad.offset] if wrong == "unstorable" else [])
    projections, seen = list(of_topic(topic)), log
    if wrong == "undecodable":
        seen = undecodable(log, bad)
    elif wrong == "unfoldable":
        (event,) = await log.codec.decode([bad.value])
        which = chooser.randrange(len(projections))
        projections[which] = unfoldable(projections[which], event)  # type: ignore[arg-type]
    letters = await fold_all(seen, projections, store, size)
    assert wrong != "undecodable" or [letter.position.offset for letter in letters] == [bad.offset]

    store.refused.clear()
    chooser.shuffle(letters)
    await redrive(log, topic, letters, store, size)
    assert values(store) == values(expected)
    await redrive(log, topic, letters, store, size)  # a crash may have it done twice
    assert values(store) == values(expected)
