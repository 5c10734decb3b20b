"""likers: who likes a photo."""

from events.generated import PhotoLiked, PhotoUnliked
from projections.tally.tally import Begin, Change, End, tally


@tally("likes", keyed_by="member")
def likers(event: PhotoLiked | PhotoUnliked) -> list[Change]:
    match event:
        case PhotoLiked():
            return [Begin(event.photo_id, event.liker_id, event.event_id, event.occurred_at)]
        case PhotoUnliked():
            return [End(event.photo_id, event.liker_id, event.like_id)]
