"""Asking for records to be done again, and waiting for what comes of it. The workers do it (processors/redrive)."""

import asyncio
from collections.abc import Sequence

from events.personal import KeysUnavailable
from events.positions import Position
from events.registry import RegistryUnavailable
from events.settings import Settings
from events.topics import TOPICS
from ops.deadletters.letters import AT_ONCE, Letter, Selection, letters
from ops.deadletters.preview import Preview
from ops.deadletters.session import Desk, Place
from ops.errors import Problem
from ops.progress import Tell
from processors.redrive.requests import APPLIED

POLL_SECONDS = 0.3


async def previewed(desk: Desk, settings: Settings, selection: Selection, tell: Tell) -> Preview:
    """What redriving a selection would do; unless positions are named, without what was applied before. Problem if a
    position is no dead letter's, or the registry doesn't answer."""
    preview = Preview()
    if not selection.positions:
        every = [Position(topic.name, number, 0) for topic in TOPICS.values() for number in range(topic.partitions)]
        preview.done = {place for place, each in (await desk.known(every)).items() if each.outcome == APPLIED}
    part: list[Letter] = []
    for letter in letters(settings, selection.since, tell):
        if selection.wants(letter):
            part.append(letter)
        if len(part) == AT_ONCE:
            await add(preview, part, desk)
            part = []
    await add(preview, part, desk)
    if missing := set(selection.positions) - {position for position, _ in preview.places}:
        raise Problem(f"There is no dead letter of {', '.join(map(str, sorted(missing)))}.")
    return preview


async def add(preview: Preview, part: Sequence[Letter], desk: Desk) -> None:
    """Adds some letters, decoded as a worker would decode them now."""
    whole = [letter for letter in part if not letter.cut]
    try:
        events = dict(zip(map(id, whole), await desk.codec.decode([letter.value for letter in whole]), strict=True))
    except (RegistryUnavailable, KeysUnavailable) as error:
        raise Problem(f"{type(error).__name__}: {error}. See `darkroom status`.") from error
    for letter in part:
        preview.add(letter, events.get(id(letter)))


async def redriven(desk: Desk, places: Sequence[Place], tell: Tell, patience: float) -> dict[Place, str]:
    """Asks for records to be done again, and waits: the outcome of each. Problem if for `patience` seconds nothing
    more is answered; the requests then stand, and are done when their workers run."""
    await desk.requests.ask(places)
    wanted, outcomes = set(places), dict[Place, str]()
    loop = asyncio.get_running_loop()
    heard = loop.time()
    while True:
        left = {position for position, _ in wanted - outcomes.keys()}
        for place, request in (await desk.known(left)).items():
            if place in wanted and place not in outcomes and request.outcome:
                outcomes[place] = request.outcome
                heard = loop.time()
        tell(len(outcomes), len(wanted))
        if len(outcomes) == len(wanted):
            return outcomes
        if loop.time() - heard > patience:
            topics = ", ".join(sorted({position.topic for position in left}))
            raise Problem(
                f"{len(wanted) - len(outcomes):,} of {len(wanted):,} aren't answered, none for {patience:.0f} s. "
                f"Do the workers of {topics} run? See `darkroom status`. The requests stand: they are done when the "
                "workers run, and `darkroom deadletters list` shows what comes of them."
            )
        await asyncio.sleep(POLL_SECONDS)
