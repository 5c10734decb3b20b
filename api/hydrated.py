"""What an answer shows of the rows that were read for it: bodies, None for what the viewer may not see, and the people
and rolls that these bodies name. What the viewer has to do with each stays open, as a slot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api import presentation, slots
from api.image_urls import ImageUrls
from api.presentation import Body
from events.generated import Card
from projections.photos.photo import Photo
from projections.photos.roll_feed import RollPhoto
from projections.reactions.comments import Comment
from projections.tally.counts import Counts
from projections.tally.tally import Member, Tally
from projections.visibility import VisibleRows, is_viewable, role_of

THUMBS = 3


@dataclass(frozen=True, slots=True)
class Related:
    """What a viewer has to do with what an answer shows, by ids; `roles` are their live memberships, in each roll that
    it shows or that isn't open to everybody."""

    roles: Mapping[UUID, Sequence[Member]]
    liked: frozenset[UUID]
    followed_rolls: frozenset[UUID]
    followed_people: frozenset[UUID]
    followers: frozenset[UUID]

    def filling(self, slot: slots.Slot) -> bytes:
        """What belongs in a slot."""
        match slot:
            case ("photo", photo_id):
                return slots.photo_viewer(photo_id in self.liked)
            case ("user", user_id):
                return slots.user_viewer(user_id in self.followed_people, user_id in self.followers)
            case (_, roll_id):
                return slots.roll_viewer(role_of(self.roles[roll_id]), roll_id in self.followed_rolls)


class Hydrated:
    """Shows what was read for an answer, to whom `visible` is of; reads nothing."""

    def __init__(
        self,
        visible: VisibleRows,
        newest: Mapping[UUID, Sequence[RollPhoto]],
        counts: Mapping[UUID, Counts],
        image_urls: ImageUrls,
        due: datetime,
    ):
        self.visible, self._newest, self._counts = visible, newest, counts
        self._image_urls, self._due = image_urls, due
        self._people: dict[UUID, None] = {}
        self._rolls: dict[UUID, None] = {}

    def photo(self, photo_id: UUID, state: str | None = None) -> Body | None:
        """A photo; where a `state` is given, only one that is in it."""
        row = self.visible.shown_photo(photo_id)
        if row is None or (state is not None and presentation.state_of(row) != state):
            return None
        rolls = self.visible.rolls_with(photo_id)
        self._name(row.owner_id, rolls)
        card = row.card if is_viewable(row) else None
        images = None if card is None else self._image_urls.of(photo_id, card, self._due)
        return presentation.photo(row, images, rolls, self._counts[photo_id], slots.mark("photo", photo_id))

    def user(self, user_id: UUID) -> Body | None:
        """A person."""
        row = self.visible.shown_user(user_id)
        if row is None:
            return None
        portrait = self._image(self.visible.portrait(row), "thumb")
        return presentation.user(row, portrait, self._counts[user_id], slots.mark("user", user_id))

    def member(self, row: Member) -> Body | None:
        """A member of a roll: a person, with their role in it."""
        body = self.user(row.member)
        return None if body is None else presentation.member(body, row)

    def roll(self, roll_id: UUID) -> Body | None:
        """A roll. Its thumbs are the newest photos that have developed in it and that the viewer sees; its cover is the
        photo that was chosen, while it is in the roll and they see it, and otherwise the newest."""
        row = self.visible.shown_roll(roll_id)
        if row is None:
            return None
        self._name(row.creator_id, ())
        placed = ((each.photo_id, self.visible.card_in_roll(each)) for each in self._newest.get(roll_id, ()))
        newest = [(photo_id, card) for photo_id, card in placed if card is not None][:THUMBS]
        chosen = self.visible.shown_in_roll(row.cover_id, roll_id)
        cover = self._image(chosen, "feed")
        if cover is None and newest:
            cover = self._size(*newest[0], "feed")
        return presentation.roll(
            row,
            cover,
            [self._size(photo_id, card, "thumb") for photo_id, card in newest],
            self._counts[roll_id],
            slots.mark("roll", roll_id),
        )

    def comment(self, row: Comment) -> Body | None:
        """A comment by a person whom the viewer may see."""
        if self.visible.shown_user(row.author_id) is None:
            return None
        self._name(row.author_id, ())
        return presentation.comment(row)

    def size(self, entity: UUID, tally: Tally) -> int:
        """How large one of a thing's sets is."""
        return self._counts[entity][tally.name]

    def people(self) -> dict[str, Body]:
        """The people whom the bodies shown so far name, by id, as far as the viewer may see them."""
        rows = (self.visible.shown_user(user_id) for user_id in self._people)
        return {
            str(row.user_id): presentation.named_user(row, self._image(self.visible.portrait(row), "thumb"))
            for row in rows
            if row is not None
        }

    def rolls(self) -> dict[str, Body]:
        """The rolls that the bodies shown so far name, by id, all of which the viewer may see."""
        rows = (self.visible.shown_roll(roll_id) for roll_id in self._rolls)
        return {str(row.roll_id): presentation.named_roll(row) for row in rows if row is not None}

    def _name(self, person: UUID | None, rolls: Sequence[UUID]) -> None:
        if person is not None:
            self._people[person] = None
        self._rolls.update(dict.fromkeys(rolls))

    def _image(self, row: Photo | None, size: str) -> Any:
        """One size of a photo; None until it has developed."""
        card = row.card if row is not None and is_viewable(row) else None
        return None if row is None or card is None else self._size(row.photo_id, card, size)

    def _size(self, photo_id: UUID, card: Card, size: str) -> Any:
        """One size of a photo with this card."""
        return self._image_urls.size(photo_id, card, size, self._due)
