"""Requests that dead letters be redriven, and waits for the outcomes. The workers do it (processors/redrive)."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from events.personal import KeysUnavailable
from events.positions import Position
from events.registry import RegistryUnavailable
from events.settings import Settings
from events.topics import FACTS, TOPICS
from ops.deadletters.letters import AT_ONCE, Letter, LetterId, Selection, letters
from ops.deadletters.preview import Preview
from ops.deadletters.session import Session
from ops.errors import OperatorError
from ops.progress import Report
from processors.redrive.requests import APPLIED, CANCELLED, START, Page, Place

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


@dataclass(slots=True)
class Watch:
    """How far the answers in one partition were read: all of those behind `after` are still to be looked at."""

    topic: str
    partition: int
    after: Place | None = START  # None: all were read


async def request_redrive(
    session: Session, wanted: Collection[LetterId], report: Report, patience: float
) -> dict[LetterId, str]:
    """Requests that letters be redriven, waits, and returns the outcome of each; also of the requests that the workers
    make meanwhile, for the reactors that look at these records again: they make them before they answer.

    Workers answer by rising offset, and so are the answers read: a page of each partition at a time, from the first
    that is pending on.

    Raises OperatorError if nothing more is answered for `patience` seconds. The requests then stand, and are done when
    their workers run."""
    wanted = set(wanted)
    positions = {position for position, _ in wanted}
    before = {letter: request.request for letter, request in (await session.requests_for(positions)).items()}
    await session.requests.ask(sorted(wanted))
    outcomes = dict[LetterId, str]()
    watches = [Watch(*place) for place in sorted({(position.topic, position.partition) for position in positions})]
    loop = asyncio.get_running_loop()
    heard = loop.time()

    def note(watch: Watch, page: Page) -> None:
        """Notes a page's answers, and where to read on: at the first request that is pending."""
        watch.after = page.after
        for request in page.requests:
            letter = request.position, request.projection
            if request.position in positions and before.get(letter) != request.request:
                wanted.add(letter)
            if letter not in wanted:
                continue
            if request.outcome:
                outcomes[letter] = request.outcome
            elif watch.after is None or request.position.offset < watch.after[0]:
                watch.after = (request.position.offset, "")

    while watches:
        known = len(outcomes)
        for watch in watches:
            if watch.after is not None:
                note(watch, await session.requests.page(watch.topic, watch.partition, watch.after))
        watches = [watch for watch in watches if watch.after is not None]
        report(len(outcomes), len(wanted))
        if len(outcomes) > known:
            heard = loop.time()
        if watches and loop.time() - heard > patience:
            topics = ", ".join(sorted({watch.topic for watch in watches}))
            raise OperatorError(
                f"{len(wanted) - len(outcomes):,} of {len(wanted):,} aren't answered, none for {patience:.0f} s. "
                f"Do the workers of {topics} run? See `darkroom status`. The requests stand: they are done when the "
                "workers run, `darkroom deadletters list` shows what comes of them, and `cancel` takes them back."
            )
        if watches:
            await asyncio.sleep(POLL_SECONDS)
    return outcomes


async def cancel_requests(session: Session, selection: Selection) -> int:
    """Answers the pending requests of a topic or a projection, so that no worker does them. Returns how many.

    What a worker has read already, a few thousand at most, it does all the same. Raises StoreUnavailable."""
    cancelled = 0
    for topic in (name for name in FACTS if selection.topic in (None, name)):
        for number in session.partitioning.each(topic):
            after: Place | None = START
            while after is not None:
                page = await session.requests.page(topic, number, after)
                after = page.after
                for request in page.requests:
                    if not request.outcome and selection.projection in (None, request.projection):
                        await session.requests.answer(request, CANCELLED)
                        cancelled += 1
    return cancelled
