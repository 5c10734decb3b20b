"""following: whom a person follows."""

from events.generated import UserFollowed, UserUnfollowed
from projections.tally.tally import Begin, Change, End, tally


@tally(keyed_by="entity")
def following(event: UserFollowed | UserUnfollowed) -> list[Change]:
    match event:
        case UserFollowed():
            return [Begin.of(event, entity=event.follower_id, member=event.followee_id)]
        case UserUnfollowed():
            return [End(entity=event.follower_id, member=event.followee_id, beginning=event.follow_id)]
