"""Very much of one thing: somebody who can't decide, and very many dead letters that are redriven at once."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from events.generated import Event, PhotoLiked, PhotoUnliked
from ops.deadletters.letters import LetterId
from ops.deadletters.redrive import request_redrive
from ops.deadletters.session import open_session
from ops.progress import lines
from processors.handlers.reject import EVERY
from processors.redrive.requests import APPLIED
from tests.faults.system import System

TOPIC = "reactions"
AT_ONCE = 50_000  # facts that are appended at once
LIVE = 50  # records that come while letters are redriven, at a time
PAUSE = 2.0  # seconds between them
SILENT = 120.0  # seconds without an answer, after which a redrive is given up


def append_all(made: System, events: Sequence[Event]) -> None:
    """Appends very many facts."""
    for i in range(0, len(events), AT_ONCE):
        made.append_events(events[i : i + AT_ONCE])


def undecided(made: System, times: int) -> tuple[float, float]:
    """Somebody likes a photo and takes it back, so often, straight in the log; and then likes it once more.

    How many seconds folding all of it takes, and how many the last like alone."""
    world, photo = made.world, uuid4()
    who = world.people[0]
    begun: list[Event] = []
    for _ in range(times):
        like = PhotoLiked(**world.facts(), photo_id=photo, liker_id=who)
        begun += [like, PhotoUnliked(**world.facts(), photo_id=photo, liker_id=who, like_id=like.event_id)]
    append_all(made, begun)
    made.start()
    took = made.catch_up()
    made.append_events([PhotoLiked(**world.facts(), photo_id=photo, liker_id=who)])
    last = made.catch_up()
    made.stop_workers()
    return took, last


def redriven(made: System, letters: int) -> tuple[int, float, float]:
    """So many records, that were folded, are redriven for all projections, while others come.

    How many were applied, in how many seconds, and how long those that came meanwhile took at most."""
    world, before = made.world, len(made.flows)
    likes = [PhotoLiked(**world.facts(), photo_id=uuid4(), liker_id=world.someone()) for _ in range(letters)]
    append_all(made, likes)
    made.start()
    made.catch_up()
    wanted = [(position, EVERY) for flow in made.flows[before:] for position in flow.acknowledged]
    assert len(wanted) == letters
    longest = 0.0
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        asked = pool.submit(asyncio.run, redrive(made, wanted))
        while not asked.done():
            made.append(LIVE)
            longest = max(longest, made.catch_up())
            time.sleep(PAUSE)
        outcomes = asked.result()
        took = time.monotonic() - began
    made.catch_up()
    made.stop_workers()
    return sum(outcome == APPLIED for outcome in outcomes.values()), took, longest


async def redrive(made: System, wanted: Sequence[LetterId]) -> dict[LetterId, str]:
    """Requests a redrive as the command does, and waits for it."""
    async with open_session(made.settings) as session:
        return await request_redrive(session, wanted, lines("redriving"), SILENT)
