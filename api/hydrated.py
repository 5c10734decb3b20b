"""What an answer shows of the rows that were read for it: bodies, None for what the viewer may not see, and the people
and rolls that these bodies name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api import presentation
from api.context import Context
from api.presentation import Body
from events.generated import Card
from projections.photos.photo import Photo
from projections.photos.roll_feed import RollPhoto
from projections.reactions.comments import Comment
from projections.tally.counts import Counts
from projections.tally.tally import Member, Tally
from projections.visibility import is_viewable

THUMBS = 3


@dataclass(frozen=True, slots=True)
class Related:
    """The sizes of what an answer shows, and what the viewer has to do with it, by ids."""

    counts: Mapping[UUID, Counts]
    liked: frozenset[UUID]
    followed_rolls: frozenset[UUID]
    followed_people: frozenset[UUID]
    followers: frozenset[UUID]


class Hydrated:
    """Shows what was read for an answer; reads nothing."""

    def __init__(self, context: Context, newest: Mapping[UUID, Sequence[RollPhoto]], related: Related):
        self._context, self._newest, self._related = context, newest, related
        self.visible = context.visible
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
        images = None if card is None else self._context.image_urls.of(photo_id, card, self._context.now)
        return presentation.photo(row, images, rolls, self._related.counts[photo_id], photo_id in self._related.liked)

    def user(self, user_id: UUID) -> Body | None:
        """A person."""
        row = self.visible.shown_user(user_id)
        if row is None:
            return None
        return presentation.user(
            row,
            self._image(self.visible.portrait(row), "thumb"),
            self._related.counts[user_id],
            user_id in self._related.followed_people,
            user_id in self._related.followers,
        )

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
            self._related.counts[roll_id],
            self.visible.own_role(roll_id),
            roll_id in self._related.followed_rolls,
        )

    def comment(self, row: Comment) -> Body | None:
        """A comment by a person whom the viewer may see."""
        if self.visible.shown_user(row.author_id) is None:
            return None
        self._name(row.author_id, ())
        return presentation.comment(row)

    def size(self, entity: UUID, tally: Tally) -> int:
        """How large one of a thing's sets is."""
        return self._related.counts[entity][tally.name]

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
        return self._context.image_urls.size(photo_id, card, size, self._context.now)
