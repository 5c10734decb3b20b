"""What happens to photos in the small world: taken, filtered, put into rolls and taken out, developed, ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from events import generated as g
from events.generated import Event
from events.ids import derived_id
from events.image_keys import image_key

if TYPE_CHECKING:
    from tests.faults.world import World

SIZES = {"full": 2048, "feed": 1080, "thumb": 320}
CARD = g.Card(
    filter_version="test",
    blurhash="L00000",
    **{f"{name}_width": size for name, size in SIZES.items()},
    **{f"{name}_height": size * 3 // 4 for name, size in SIZES.items()},
)


@dataclass
class Picture:
    """A photo as the world remembers it."""

    photo_id: UUID
    owner_id: UUID
    taken_at: datetime
    develops_at: datetime
    taken: UUID  # the id of its PhotoTaken
    filtered: bool = False
    developed: bool = False
    ended: bool = False
    placements: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])  # placement -> roll

    @property
    def key(self) -> dict[str, Any]:
        """What most facts about it say."""
        return {"photo_id": self.photo_id, "owner_id": self.owner_id, "develops_at": self.develops_at}


class Pictures:
    """The photos of a world."""

    def __init__(self, world: "World") -> None:
        self._world, self._all = world, list[Picture]()
        self.ids: list[UUID] = []

    def any(self) -> UUID | None:
        """A photo; newer ones more often."""
        if not self.ids:
            return None
        return self.ids[-1 - int(len(self.ids) * self._world.chooser.random() ** 3)]

    def happen(self) -> Sequence[Event]:
        """The next thing that happens to a photo."""
        chooser = self._world.chooser
        if not self._all or chooser.random() < 0.35:
            return self._take()
        picture = self._all[-1 - int(len(self._all) * chooser.random() ** 2)]
        if picture.ended:
            return self._take()
        if not picture.filtered:
            return self._filter(picture)
        dice = chooser.random()
        if dice < 0.3:
            return [self._place(picture)]
        if dice < 0.45 and picture.placements:
            placement = chooser.choice(sorted(picture.placements))
            roll = picture.placements.pop(placement)
            ids: dict[str, Any] = {"roll_id": roll, "placement_id": placement, "taken_at": picture.taken_at}
            return [g.PhotoRemovedFromRoll(**self._world.facts(), **picture.key, **ids)]
        if dice < 0.85 and not picture.developed:
            picture.developed = True
            identity = derived_id(picture.photo_id, "PhotoDeveloped")
            return [
                g.PhotoDeveloped(**self._world.facts(identity), **picture.key, taken_at=picture.taken_at, card=CARD)
            ]
        if dice > 0.93:
            return self._end(picture)
        return [self._place(picture)]

    def _take(self) -> Sequence[Event]:
        world = self._world
        facts, owner = world.facts(), world.someone()
        develops_at = (world.now + timedelta(hours=world.chooser.choice((1, 20, 24 * 40)))).replace(
            second=0, microsecond=0
        )
        photo_id = derived_id(facts["event_id"], "photo")
        picture = Picture(photo_id, owner, world.now - timedelta(minutes=3), develops_at, facts["event_id"])
        self._all.append(picture)
        self.ids.append(photo_id)
        what: dict[str, Any] = {
            "zone": "Europe/Oslo",
            "rule_version": "1",
            "object_key": f"uploads/{photo_id}",
            "etag": "none",
        }
        on_profile = world.chooser.random() < 0.5
        taken = g.PhotoTaken(**facts, **picture.key, taken_at=picture.taken_at, on_profile=on_profile, **what)
        return [taken, *(self._place(picture) for _ in range(world.chooser.randint(0, 2)))]

    def _place(self, picture: Picture) -> Event:
        facts = self._world.facts()
        roll, _ = self._world.chooser.choice(self._world.rolls)
        picture.placements[facts["event_id"]] = roll
        return g.PhotoAddedToRoll(**facts, **picture.key, taken_at=picture.taken_at, roll_id=roll)

    def _filter(self, picture: Picture) -> Sequence[Event]:
        if self._world.chooser.random() < 0.05:
            picture.ended = True
            why: dict[str, Any] = {"code": "not_a_photo", "reason": "It is no photo."}
            return [g.PhotoRejected(**self._world.facts(), **picture.key, taken_at=picture.taken_at, **why)]
        picture.filtered = True
        images: dict[str, Any] = {
            name: g.Image(key=image_key(picture.photo_id, CARD.filter_version, name), width=size, height=size * 3 // 4)
            for name, size in SIZES.items()
        }
        identity = derived_id(picture.taken, "PhotoFiltered", CARD.filter_version)
        facts = self._world.facts(identity)
        look: dict[str, Any] = {"filter_version": CARD.filter_version, "blurhash": CARD.blurhash}
        return [g.PhotoFiltered(**facts, **picture.key, **look, **images)]

    def _end(self, picture: Picture) -> Sequence[Event]:
        picture.ended = True
        facts = self._world.facts()
        if self._world.chooser.random() < 0.7:
            return [g.PhotoDeleted(**facts, **picture.key, taken_at=picture.taken_at)]
        return [g.PhotoTakenDown(**facts, **picture.key, taken_at=picture.taken_at, reason="reported")]
