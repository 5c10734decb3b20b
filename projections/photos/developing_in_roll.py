"""developing_in_roll: how many photos of a roll are still developing."""

from events.generated import PhotoAddedToRoll, PhotoDevelopedInRoll, PhotoRemovedFromRoll
from projections.tally.tally import Begin, Change, End, tally


@tally(keyed_by="other", listed=False, splits=2)
def developing_in_roll(event: PhotoAddedToRoll | PhotoDevelopedInRoll | PhotoRemovedFromRoll) -> list[Change]:
    match event:
        case PhotoAddedToRoll():
            return [Begin.of(event, entity=event.roll_id, member=event.photo_id)]
        case PhotoDevelopedInRoll() | PhotoRemovedFromRoll():
            return [End(entity=event.roll_id, member=event.photo_id, beginning=event.placement_id)]
