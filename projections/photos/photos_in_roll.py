"""photos_in_roll: how many photos a roll holds, developing ones too, and when one was last put in."""

from events.generated import PhotoAddedToRoll, PhotoRemovedFromRoll
from projections.tally.tally import Begin, Change, End, tally


@tally("photos_in_roll", keyed_by="other", listed=False)
def photos_in_roll(event: PhotoAddedToRoll | PhotoRemovedFromRoll) -> list[Change]:
    match event:
        case PhotoAddedToRoll():
            return [Begin(event.roll_id, event.photo_id, event.event_id, event.occurred_at)]
        case PhotoRemovedFromRoll():
            return [End(event.roll_id, event.photo_id, event.placement_id)]
