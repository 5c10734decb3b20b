"""developing_in_roll: how many photos of a roll are still developing."""

from events.generated import PhotoAddedToRoll, PhotoDevelopedInRoll, PhotoRemovedFromRoll
from projections.tally.tally import Begin, Change, End, tally


@tally("developing", keyed_by="other", listed=False)
def developing_in_roll(event: PhotoAddedToRoll | PhotoDevelopedInRoll | PhotoRemovedFromRoll) -> list[Change]:
    match event:
        case PhotoAddedToRoll():
            return [Begin(event.roll_id, event.photo_id, event.event_id, event.occurred_at)]
        case PhotoDevelopedInRoll() | PhotoRemovedFromRoll():
            return [End(event.roll_id, event.photo_id, event.placement_id)]
