"""followers: who follows a person."""

from events.generated import UserFollowed, UserUnfollowed
from projections.tally.tally import Begin, Change, End, tally


@tally(keyed_by="member", splits=20)
def followers(event: UserFollowed | UserUnfollowed) -> list[Change]:
    match event:
        case UserFollowed():
            return [Begin.of(event, entity=event.followee_id, member=event.follower_id)]
        case UserUnfollowed():
            return [End(entity=event.followee_id, member=event.follower_id, beginning=event.follow_id)]
