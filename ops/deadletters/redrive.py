"""Requests that dead letters be redriven, and waits for the outcomes. The workers do it (processors/redrive)."""

import asyncio
from collections.abc import Collection, Sequence

from events.personal import KeysUnavailable
from events.positions import Position
from events.registry import RegistryUnavailable
from events.settings import Settings
from events.topics import TOPICS
from ops.deadletters.letters import AT_ONCE, Letter, LetterId, Selection, letters
from ops.deadletters.preview import Preview
from ops.deadletters.session import Session
from ops.errors import OperatorError
from ops.progress import Report
from processors.redrive.requests import APPLIED

POLL_SECONDS = 0.3


async def preview_redrive(session: Session, settings: Settings, selection: Selection, report: Report) -> Preview:
    """Finds what redriving a selection would do. What was applied before is left out, unless positions are named.

    Raises OperatorError if a position is no dead letter's, or the registry doesn't answer."""
    preview = Preview(session.partitioning)
    if not selection.positions:
        every = [Position(topic, number, 0) for topic in TOPICS for number in session.partitioning.each(topic)]
        preview.done = {
            each for each, request in (await session.requests_for(every)).items() if request.outcome == APPLIED
        }
    part: list[Letter] = []
    for letter in letters(settings, selection.since, report):
        if selection.wants(letter):
            part.append(letter)
        if len(part) == AT_ONCE:
            await add_letters(preview, part, session)
            part = []
    await add_letters(preview, part, session)
    if missing := set(selection.positions) - {position for position, _ in preview.letters}:
        raise OperatorError(f"There is no dead letter of {', '.join(map(str, sorted(missing)))}.")
    return preview


async def add_letters(preview: Preview, part: Sequence[Letter], session: Session) -> None:
    """Adds some letters to a preview, decoded as a worker would decode them now. Raises OperatorError."""
    whole = [letter for letter in part if not letter.cut]
    try:
        events = dict(zip(map(id, whole), await session.codec.decode([letter.value for letter in whole]), strict=True))
    except (RegistryUnavailable, KeysUnavailable) as error:
        raise OperatorError(f"{type(error).__name__}: {error}. See `darkroom status`.") from error
    for letter in part:
        preview.add(letter, events.get(id(letter)))


async def request_redrive(
    session: Session, wanted: Collection[LetterId], report: Report, patience: float
) -> dict[LetterId, str]:
    """Requests that letters be redriven, waits, and returns the outcome of each; also of the requests that the workers
    make meanwhile, for the reactors that look at these records again.

    Raises OperatorError if nothing more is answered for `patience` seconds. The requests then stand, and are done when
    their workers run."""
    wanted = set(wanted)
    positions = {position for position, _ in wanted}
    before = {letter: request.request for letter, request in (await session.requests_for(positions)).items()}
    await session.requests.ask(sorted(wanted))
    outcomes = dict[LetterId, str]()
    loop = asyncio.get_running_loop()
    heard = loop.time()
    while True:
        left = {position for position, _ in wanted - outcomes.keys()} or positions  # once more when all is answered
        for letter, request in (await session.requests_for(left)).items():
            if letter[0] in positions and before.get(letter) != request.request:
                wanted.add(letter)
            if letter in wanted and letter not in outcomes and request.outcome:
                outcomes[letter] = request.outcome
                heard = loop.time()
        report(len(outcomes), len(wanted))
        if len(outcomes) == len(wanted) and left == positions:
            return outcomes
        if loop.time() - heard > patience:
            topics = ", ".join(sorted({position.topic for position in left}))
            raise OperatorError(
                f"{len(wanted) - len(outcomes):,} of {len(wanted):,} aren't answered, none for {patience:.0f} s. "
                f"Do the workers of {topics} run? See `darkroom status`. The requests stand: they are done when the "
                "workers run, and `darkroom deadletters list` shows what comes of them."
            )
        await asyncio.sleep(POLL_SECONDS)
