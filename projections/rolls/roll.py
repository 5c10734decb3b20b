"""roll: a roll's own facts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.generated import RollChanged, RollCreated, RollDeleted
from events.ids import NIL
from projections.accounts.users import set_fields
from projections.projection import projection
from projections.store.table import Table, Upsert


@dataclass(frozen=True, slots=True)
class Roll:
    """A roll. `deleted` is never cleared; a deleted roll has no title."""

    roll_id: UUID
    creator_id: UUID | None = None
    title: str | None = None
    theme: str | None = None
    visibility: str | None = None
    cover_id: UUID | None = None
    created_at: datetime | None = None
    deleted: bool | None = None


ROLL = Table("roll", Roll, 1)


@projection(ROLL)
def roll(event: RollCreated | RollChanged | RollDeleted) -> list[Upsert]:
    match event:
        case RollCreated():
            return [
                ROLL.upsert(
                    roll_id=event.roll_id,
                    creator_id=event.creator_id,
                    title=event.title,
                    theme=event.theme,
                    visibility=event.visibility,
                    created_at=event.occurred_at,
                )
            ]
        case RollChanged():
            return [ROLL.upsert(roll_id=event.roll_id, **set_fields(event))]
        case RollDeleted():
            return [ROLL.upsert(roll_id=event.roll_id, title="", cover_id=NIL, deleted=True)]
