"""roll_followers: who follows a roll without being a member."""

from events.generated import RollFollowed, RollUnfollowed
from projections.tally.tally import Begin, Change, End, tally


@tally("roll_followers", keyed_by="member")
def roll_followers(event: RollFollowed | RollUnfollowed) -> list[Change]:
    match event:
        case RollFollowed():
            return [Begin(event.roll_id, event.follower_id, event.event_id, event.occurred_at)]
        case RollUnfollowed():
            return [End(event.roll_id, event.follower_id, event.follow_id)]
