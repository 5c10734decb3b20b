"""liked_by: the photos that a person likes. Which of many photos somebody likes is one request."""

from events.generated import PhotoLiked, PhotoUnliked
from projections.tally.tally import Begin, Change, End, tally


@tally(keyed_by="entity", listed=False, splits=8)
def liked_by(event: PhotoLiked | PhotoUnliked) -> list[Change]:
    match event:
        case PhotoLiked():
            return [Begin.of(event, entity=event.liker_id, member=event.photo_id)]
        case PhotoUnliked():
            return [End(entity=event.liker_id, member=event.photo_id, beginning=event.like_id)]
