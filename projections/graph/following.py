"""following: whom a person follows."""

from events.generated import UserFollowed, UserUnfollowed
from projections.tally.tally import Begin, Change, End, tally


@tally("following", keyed_by="entity")
def following(event: UserFollowed | UserUnfollowed) -> list[Change]:
    match event:
        case UserFollowed():
            return [Begin(event.follower_id, event.followee_id, event.event_id, event.occurred_at)]
        case UserUnfollowed():
            return [End(event.follower_id, event.followee_id, event.follow_id)]
