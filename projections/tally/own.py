"""A member's own row in a shard of a set: by which beginnings the member is in it, and how often it began.

It follows from the rows of the member's beginnings, and is there so that nobody reads all of those.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from events.ids import key_order
from projections.store.table import Upsert
from projections.tally.tally import Member, Tally

WITHIN = 8  # beginnings of one member that may be live at once, two devices make two: one beyond is over as it begins
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(slots=True)
class Own:
    """What a member's own row says, while changes are folded.

    - `live`: the member's live beginnings, by their ids
    - `times`: how often it began
    - `latest`: when it last began, in milliseconds since 1970
    - `kept`: whether there is more to say than the row of the beginning with the member's id does, if that is all
    - `changed`: whether the row is to be written"""

    live: dict[UUID, Member] = field(default_factory=dict[UUID, Member])
    times: int = 0
    latest: int = 0
    kept: bool = False
    changed: bool = False

    @classmethod
    def read(cls, row: Member) -> Self:
        """What a member's own row says."""
        live = {each.beginning: each for each in live_of(row)}
        if row.within is None:
            return cls(live, *((1, milliseconds(row)) if row.begun else (0, 0)))
        return cls(live, row.times or 0, row.latest or 0, kept=True)

    def note(self, before: Member, after: Member) -> int:
        """Notes how a beginning changed: by how many the set grew, -1 to 1."""
        was = bool(self.live)
        if after.live:
            self.live[after.beginning] = after
        else:
            self.live.pop(after.beginning, None)
        if after.begun is not None:
            self.times += before.begun is None
            self.latest = max(self.latest, milliseconds(after))
        self.kept = self.changed = self.kept or after.beginning != after.member
        return bool(self.live) - was

    def keep(self, row: Member) -> None:
        """Has the member's own row kept right if it was ever written."""
        self.kept = self.changed = self.kept or row.within is not None

    def upsert(self, tally: Tally, where: tuple[UUID, int], member: UUID) -> Upsert:
        """The member's own row in a shard."""
        entity, shard = where
        said = {"within": within_of(self.live), "times": self.times, "latest": self.latest}
        return tally.members.upsert(entity=entity, shard=shard, beginning=member, member=member, **said)

    def is_in(self, row: Member | None) -> bool:
        """Whether a member's own row says just this."""
        said = within_of(self.live), self.times, self.latest
        return row is not None and said == (row.within, row.times, row.latest)


def live_of(own: Member) -> list[Member]:
    """The live beginnings of a member, given its own row, in the order in which they began."""
    if own.within is None:
        return [own] if own.live else []
    if not own.within:
        return []
    return [
        Member(
            own.entity,
            own.shard,
            UUID(beginning),
            own.member,
            begun=EPOCH + begun * MILLISECOND,
            role=role or None,
        )
        for beginning, begun, role in json.loads(own.within)
    ]


def within_of(live: dict[UUID, Member]) -> str:
    """What a member's own row says of its live beginnings, the oldest WITHIN of them; nothing if there are none."""
    rows = sorted(live.values(), key=lambda row: key_order((milliseconds(row), row.beginning)))[:WITHIN]
    said = [(row.beginning.hex, milliseconds(row), row.role or "") for row in rows]
    return json.dumps(said, separators=(",", ":")) if said else ""


def milliseconds(row: Member) -> int:
    """When a beginning began, in milliseconds since 1970."""
    assert row.begun is not None
    return since_1970(row.begun)


def since_1970(at: datetime) -> int:
    """A time in whole milliseconds since 1970."""
    return (at - EPOCH) // MILLISECOND
