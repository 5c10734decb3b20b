"""followers: who follows a person."""

from events.generated import UserFollowed, UserUnfollowed
from projections.tally.tally import Begin, Change, End, tally


@tally("followers", keyed_by="member")
def followers(event: UserFollowed | UserUnfollowed) -> list[Change]:
    match event:
        case UserFollowed():
            return [Begin(event.followee_id, event.follower_id, event.event_id, event.occurred_at)]
        case UserUnfollowed():
            return [End(event.followee_id, event.follower_id, event.follow_id)]
