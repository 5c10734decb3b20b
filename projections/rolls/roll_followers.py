"""roll_followers: who follows a roll without being a member."""

from events.generated import RollFollowed, RollUnfollowed
from projections.tally.tally import Begin, Change, End, tally


@tally(keyed_by="member", splits=2)
def roll_followers(event: RollFollowed | RollUnfollowed) -> list[Change]:
    match event:
        case RollFollowed():
            return [Begin.of(event, entity=event.roll_id, member=event.follower_id)]
        case RollUnfollowed():
            return [End(entity=event.roll_id, member=event.follower_id, beginning=event.follow_id)]
