"""likers: who likes a photo."""

from events.generated import PhotoLiked, PhotoUnliked
from projections.tally.tally import Begin, Change, End, tally


@tally(keyed_by="member", splits=2)
def likers(event: PhotoLiked | PhotoUnliked) -> list[Change]:
    match event:
        case PhotoLiked():
            return [Begin.of(event, entity=event.photo_id, member=event.liker_id)]
        case PhotoUnliked():
            return [End(entity=event.photo_id, member=event.liker_id, beginning=event.like_id)]
