"""roll_feed: a roll's photos, newest developed first. Photos that aren't due yet are left out by the query itself.

A row of a photo that has developed has its card, so that what a roll shows of its newest photos is read here alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.generated import Card, PhotoAddedToRoll, PhotoDevelopedInRoll, PhotoRemovedFromRoll
from projections.buckets import day_of, newest_rows, place_of
from projections.photos.card import card_json, card_of
from projections.photos.developing import next_time
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.table import Table, Upsert


@dataclass(frozen=True, slots=True)
class RollPhoto:
    """A placement of a photo in a roll. Without its PhotoAddedToRoll it has no `owner_id`, and isn't shown."""

    place: str
    develops_at: datetime
    taken_at: datetime
    photo_id: UUID
    placement_id: UUID
    owner_id: UUID | None = None
    ended: bool | None = None
    card_json: str | None = None

    @property
    def card(self) -> Card | None:
        """What never changes of its pictures; None until it has developed in this roll."""
        return card_of(self.card_json)


@dataclass(frozen=True, slots=True)
class RollDay:
    """A day on which photos of a roll develop."""

    roll_id: UUID
    bucket: str


@dataclass(frozen=True, slots=True)
class RollTime:
    """A time at which photos of a roll develop. Mostly it is nine in the morning, in the time zones of who took them:
    a few rows a day."""

    roll_id: UUID
    develops_at: datetime


ROLL_FEED = Table("roll_feed", RollPhoto, partition=1, clustering=4, descending=True)
ROLL_FEED_BUCKETS = Table("roll_feed_buckets", RollDay, partition=1, clustering=1, descending=True)
ROLL_FEED_TIMES = Table("roll_feed_times", RollTime, partition=1, clustering=1)


@projection(ROLL_FEED, ROLL_FEED_BUCKETS, ROLL_FEED_TIMES)
def roll_feed(event: PhotoAddedToRoll | PhotoDevelopedInRoll | PhotoRemovedFromRoll) -> list[Upsert]:
    match event:
        case PhotoAddedToRoll():
            return [
                ROLL_FEED.upsert(
                    **placement_key(event, event.event_id, event.taken_at, event.develops_at), owner_id=event.owner_id
                ),
                ROLL_FEED_BUCKETS.upsert(roll_id=event.roll_id, bucket=day_of(event.develops_at)),
                ROLL_FEED_TIMES.upsert(roll_id=event.roll_id, develops_at=event.develops_at),
            ]
        case PhotoDevelopedInRoll():
            if event.card is None or event.taken_at is None or event.develops_at is None:
                return []  # it was appended before there were cards
            key = placement_key(event, event.placement_id, event.taken_at, event.develops_at)
            return [ROLL_FEED.upsert(**key, card_json=card_json(event.card))]
        case PhotoRemovedFromRoll():
            key = placement_key(event, event.placement_id, event.taken_at, event.develops_at)
            return [ROLL_FEED.upsert(**key, ended=True)]


def placement_key(
    event: PhotoAddedToRoll | PhotoDevelopedInRoll | PhotoRemovedFromRoll,
    placement_id: UUID,
    taken_at: datetime,
    develops_at: datetime,
) -> dict[str, Any]:
    """The key columns of a placement's row."""
    return {
        "place": place_of(event.roll_id, day_of(develops_at)),
        "develops_at": develops_at,
        "taken_at": taken_at,
        "photo_id": event.photo_id,
        "placement_id": placement_id,
    }


async def roll_photo_candidates(
    store: Store, roll_id: UUID, now: datetime, after: tuple[Any, ...] = (), size: int = 50
) -> list[RollPhoto]:
    """The newest `size` placements in a roll that are due by `now`, ended ones too, past the key `after`.

    Fewer than `size` means that there are no more. Two requests (`newest_rows`). Raises StoreUnavailable."""
    return await newest_rows(
        store, roll_id, index=ROLL_FEED_BUCKETS, table=ROLL_FEED, after=after, upto=(now,), bucket_of=day_of, size=size
    )


async def newest_in_rolls(
    store: Store, roll_ids: Collection[UUID], now: datetime, each: int
) -> dict[UUID, list[RollPhoto]]:
    """Of each roll's newest `each` placements that are due by `now`, those that haven't ended, newest first.

    Two requests for so many rolls that `each + 1` days of theirs are `KEYS_A_REQUEST` at most (see `Store.slice_many`):
    a day that isn't over may have nothing due. Raises StoreUnavailable."""
    rolls = list(dict.fromkeys(roll_ids))
    today = (day_of(now),)
    days = await store.slice_many(ROLL_FEED_BUCKETS, [(roll,) for roll in rolls], upto=today, limit=each + 1)
    places = [(roll, place_of(roll, row.bucket)) for roll, rows in zip(rolls, days, strict=True) for row in rows]
    slices = await store.slice_many(ROLL_FEED, [(place,) for _, place in places], upto=(now,), limit=each)
    newest: dict[UUID, list[RollPhoto]] = {roll: [] for roll in rolls}
    for (roll, _), rows in zip(places, slices, strict=True):  # of each roll, the newest day first
        newest[roll] += rows
    return {roll: [row for row in rows[:each] if not row.ended] for roll, rows in newest.items()}


async def developing_next(store: Store, roll_id: UUID, now: datetime) -> datetime | None:
    """When the next of a roll's photos that aren't due yet develops; None if there is none. See `next_time`."""
    return await next_time(
        store,
        roll_id,
        now,
        times=ROLL_FEED_TIMES,
        table=ROLL_FEED,
        bucket_of=day_of,
        develops=lambda row: not row.ended,
    )
