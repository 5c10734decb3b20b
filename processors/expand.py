"""expand appends what follows for others from one fact: an ended photo leaves its rolls; a deleted roll's memberships
and followings end; a photo that developed counts as developed in each of its rolls.

Two events that need each other may come in either order and in different partitions (a roll is deleted while somebody
joins it). So for a batch the ends of the partitions behind the read models are taken first, then the read models are
waited for, and only then read: of two such events, at least one sees the other (docs/design.md, section 3, rule 6).

What a batch's causes need is read at once, what follows is a pure function of that, and is appended in large bites, in
the order of the causes. What follows from a roll's end has no bound, and has a file of its own (roll_closing.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from events.generated import (
    Event,
    MemberJoined,
    MemberRemoved,
    PhotoAddedToRoll,
    PhotoDeleted,
    PhotoDeveloped,
    PhotoDevelopedInRoll,
    PhotoRejected,
    PhotoRemovedFromRoll,
    PhotoTakenDown,
    RollDeleted,
    RollFollowed,
    RollUnfollowed,
)
from processors.handlers.batch import UNASSIGNED, Batch
from processors.handlers.patient import PatientPublisher, PatientStore
from processors.handlers.reactor import Reactor
from processors.handlers.reader import Read
from processors.handlers.tools import Tools
from processors.roll_closing import CLOSINGS, Closing, following_ended, membership_ended
from processors.transport.lease import Lease
from producers.decide.photos import photo_developed_in_roll, photo_removed
from producers.publisher import Publishes
from projections.photos.photo import KnownPhoto, known_photos
from projections.rolls.roll import ROLL, Roll
from projections.store.protocol import Store

CAUSES_AT_ONCE = 500  # whose needs are read together: a photo may be in 100 rolls, so this bounds what is in memory
FACTS_AT_ONCE = 2000  # are appended together
OfPhoto = PhotoDeleted | PhotoTakenDown | PhotoRejected | PhotoDeveloped | PhotoAddedToRoll
OfRoll = MemberJoined | RollFollowed


@dataclass(frozen=True, slots=True)
class Needs:
    """What the read models hold of the photos and rolls that some causes are about. What isn't there isn't here."""

    photos: Mapping[UUID, KnownPhoto]
    rolls: Mapping[UUID, Roll]


class Expand(Reactor):
    """Appends the derived facts of a batch, in the order of their causes."""

    name = "expand"
    topics = ("photos", "rolls")
    wants = (
        PhotoDeleted,
        PhotoTakenDown,
        PhotoRejected,
        PhotoDeveloped,
        PhotoAddedToRoll,
        RollDeleted,
        MemberJoined,
        RollFollowed,
    )
    appends = (PhotoRemovedFromRoll, PhotoDevelopedInRoll, MemberRemoved, RollUnfollowed)
    tables = (CLOSINGS,)

    def __init__(self, tools: Tools):
        self._store, self._publisher = tools.store, tools.publisher
        self._projected, self._log_ends = tools.projected, tools.log_ends

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Appends what follows from a batch's events. Raises LeaseLost when the lease is lost."""
        if not reads:
            return
        store, bites = PatientStore(self._store, lease), Bites(PatientPublisher(self._publisher, lease))
        await self._wait_for_views(batch, lease)
        for i in range(0, len(reads), CAUSES_AT_ONCE):
            causes = [read.event for read in reads[i : i + CAUSES_AT_ONCE]]
            needs = await read_needs(store, causes)
            for cause in causes:
                if isinstance(cause, RollDeleted):
                    await self._close(cause, store, bites, resume=batch.assignment != UNASSIGNED)
                else:
                    await bites.add(consequences(cause, needs))
        await bites.append()

    async def _close(self, cause: RollDeleted, store: Store, bites: "Bites", *, resume: bool) -> None:
        """Appends what follows from a roll's end, from where that was when it was interrupted.

        `resume`: an operator who asks for all of it to be looked at again gets that. Raises LeaseLost."""
        closing = await Closing.of(store, cause, resume=resume)
        async for page in closing.pages():
            if await bites.add(page.facts):
                await closing.note(page)

    async def _wait_for_views(self, batch: Batch, lease: Lease) -> None:
        if batch.topic == "photos":
            # All that happens to a photo is in one partition, so what came before is below the batch's end.
            ends = [(batch.topic, batch.partition, batch.next_offset)]
            await self._projected.until(["photo"], ends, lease)
        else:
            ends = await lease.retry(lambda: self._log_ends("rolls"), transient=lambda _: True)
            await self._projected.until(["roll", "members", "roll_followers"], ends, lease)


class Bites:
    """Gathers facts, and appends many at once."""

    def __init__(self, publisher: Publishes):
        self._publisher = publisher
        self._facts: list[Event] = []

    async def add(self, facts: Sequence[Event]) -> bool:
        """Adds facts behind the others. Whether all that were added are appended by now, as they were enough."""
        self._facts += facts
        if len(self._facts) < FACTS_AT_ONCE:
            return False
        await self.append()
        return True

    async def append(self) -> None:
        """Appends what was added."""
        facts, self._facts = self._facts, []
        for i in range(0, len(facts), FACTS_AT_ONCE):
            await self._publisher.publish_all(facts[i : i + FACTS_AT_ONCE])


async def read_needs(store: Store, causes: Iterable[Event]) -> Needs:
    """Reads what the causes need: two requests at most for every 100 of them. Raises StoreUnavailable."""
    photo_ids: dict[UUID, None] = {}
    roll_ids: dict[UUID, None] = {}
    for cause in causes:
        if isinstance(cause, OfPhoto):
            photo_ids[cause.photo_id] = None
        elif isinstance(cause, OfRoll):
            roll_ids[cause.roll_id] = None
    rolls: list[Roll | None] = await store.get_many(ROLL, [(each,) for each in roll_ids])
    return Needs(await known_photos(store, photo_ids), {roll.roll_id: roll for roll in rolls if roll is not None})


def consequences(cause: Event, needs: Needs) -> list[Event]:
    """The facts that follow from an event, given what the read models hold; but for a roll's end (see Closing)."""
    match cause:
        case PhotoDeleted() | PhotoTakenDown() | PhotoRejected():
            placements = needs.photos[cause.photo_id].placements
            return [photo_removed(cause, each.roll_id, placement_id=each.placement_id) for each in placements]
        case PhotoDeveloped():
            placements = needs.photos[cause.photo_id].placements
            return [
                photo_developed_in_roll(cause, each.roll_id, placement_id=each.placement_id, card=cause.card)
                for each in placements
            ]
        case PhotoAddedToRoll():
            photo = needs.photos[cause.photo_id].photo
            if photo is not None and photo.ended:
                return [photo_removed(cause, cause.roll_id, placement_id=cause.event_id)]
            if photo is not None and photo.developed:
                return [photo_developed_in_roll(cause, cause.roll_id, placement_id=cause.event_id, card=photo.card)]
        case MemberJoined():
            if is_deleted(needs.rolls.get(cause.roll_id)):
                return [membership_ended(cause, member_id=cause.member_id, membership_id=cause.event_id)]
        case RollFollowed():
            if is_deleted(needs.rolls.get(cause.roll_id)):
                return [following_ended(cause, follower_id=cause.follower_id, follow_id=cause.event_id)]
        case _:
            pass
    return []


def is_deleted(roll: Roll | None) -> bool:
    """Whether a roll was deleted."""
    return roll is not None and bool(roll.deleted)
