"""photos_in_roll: how many photos a roll holds, developing ones too, and when one was last put in."""

from events.generated import PhotoAddedToRoll, PhotoRemovedFromRoll
from projections.tally.tally import Begin, Change, End, tally


@tally(keyed_by="other", listed=False, splits=2)
def photos_in_roll(event: PhotoAddedToRoll | PhotoRemovedFromRoll) -> list[Change]:
    match event:
        case PhotoAddedToRoll():
            return [Begin.of(event, entity=event.roll_id, member=event.photo_id)]
        case PhotoRemovedFromRoll():
            return [End(entity=event.roll_id, member=event.photo_id, beginning=event.placement_id)]
