"""develop_due: the photos that develop in a minute, a partition for each minute and log partition.

Two indexes say which minutes there are: the days of a log partition, and the minutes of a day.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from events.generated import (
    Card,
    PhotoDeleted,
    PhotoDeveloped,
    PhotoFiltered,
    PhotoRejected,
    PhotoTaken,
    PhotoTakenDown,
)
from projections.buckets import day_of
from projections.photos.card import card_json, card_of, card_of_filtered
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.scan import scan
from projections.store.table import Table, Upsert


@dataclass(frozen=True, slots=True)
class DuePhoto:
    """A photo due in a minute (UTC, `2026-06-20T07:00`): to be developed once it is filtered, unless it is done."""

    minute: str
    shard: int
    photo_id: UUID
    owner_id: UUID | None = None
    taken_at: datetime | None = None
    develops_at: datetime | None = None
    on_profile: bool | None = None
    card_json: str | None = None
    done: bool | None = None

    @property
    def filtered(self) -> bool:
        """Whether it was filtered."""
        return self.card_json is not None

    @property
    def card(self) -> Card | None:
        """What never changes of its pictures; None until it is filtered."""
        return card_of(self.card_json)


@dataclass(frozen=True, slots=True)
class DueMinute:
    """A minute of a day in which something is due."""

    shard: int
    day: str
    minute: str


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day on which something is due."""

    shard: int
    day: str


DEVELOP_DUE = Table("develop_due", DuePhoto, partition=2, clustering=1)
DEVELOP_MINUTES = Table("develop_due_minutes", DueMinute, partition=2, clustering=1)
DEVELOP_DAYS = Table("develop_due_days", DueDay, partition=1, clustering=1)


@projection(DEVELOP_DUE, DEVELOP_MINUTES, DEVELOP_DAYS)
def develop_due(
    event: PhotoTaken | PhotoFiltered | PhotoRejected | PhotoDeveloped | PhotoDeleted | PhotoTakenDown,
    shard: int,
) -> list[Upsert]:
    minute, day = minute_of(event.develops_at), day_of(event.develops_at)
    key = {"minute": minute, "shard": shard, "photo_id": event.photo_id}
    match event:
        case PhotoTaken():
            return [
                DEVELOP_DUE.upsert(
                    **key,
                    owner_id=event.owner_id,
                    taken_at=event.taken_at,
                    develops_at=event.develops_at,
                    on_profile=event.on_profile,
                ),
                DEVELOP_MINUTES.upsert(shard=shard, day=day, minute=minute),
                DEVELOP_DAYS.upsert(shard=shard, day=day),
            ]
        case PhotoFiltered():
            return [DEVELOP_DUE.upsert(**key, card_json=card_json(card_of_filtered(event)))]
        case PhotoRejected() | PhotoDeveloped() | PhotoDeleted() | PhotoTakenDown():
            return [DEVELOP_DUE.upsert(**key, done=True)]


def minute_of(at: datetime) -> str:
    """The UTC minute: `2026-06-20T07:00`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


async def due_minutes(store: Store, shard: int, *, since: str, until: str) -> list[str]:
    """The minutes from `since` (all, if it is empty) to `until`, both included, in which something is due, in order."""
    days: list[DueDay] = await store.slice(DEVELOP_DAYS, shard, upto=(until[:10],), limit=100_000)
    minutes: list[DueMinute] = []
    for day in days:
        if day.day >= since[:10]:
            minutes += await store.slice(DEVELOP_MINUTES, shard, day.day, limit=24 * 60)
    return [row.minute for row in minutes if since <= row.minute <= until]


async def due_photos(store: Store, shard: int, minute: str, size: int = 2000) -> list[DuePhoto]:
    """The photos due in a minute, done or not; read `size` at a time."""
    return [row async for row in scan(store, DEVELOP_DUE, minute, shard, size=size)]
