"""The one list of all projections: a new read model is a file in its topic's folder, an import and a name here."""

from projections.accounts.users import users
from projections.accounts.users_by_handle import users_by_handle
from projections.graph.followers import followers
from projections.graph.following import following
from projections.partitions import TOPIC_PARTITIONS
from projections.photos.develop_due import develop_due
from projections.photos.developed_of_user import developed_of_user
from projections.photos.developing_in_roll import developing_in_roll
from projections.photos.developing_of_user import developing_of_user
from projections.photos.photo import photo
from projections.photos.photos_in_roll import photos_in_roll
from projections.photos.photos_of_user import photos_of_user
from projections.photos.removals_due import removals_due
from projections.photos.roll_feed import roll_feed
from projections.progress import PROGRESS
from projections.projection import Projection
from projections.reactions.comments import commented, comments
from projections.reactions.liked_by import liked_by
from projections.reactions.likers import likers
from projections.rolls.invitations import invitations
from projections.rolls.members import members
from projections.rolls.roll import roll
from projections.rolls.roll_followers import roll_followers
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.table import Table
from projections.tally.counts import COUNTS
from projections.tally.tally import Tally

PROJECTIONS: tuple[Projection | Tally, ...] = (
    # accounts
    users,
    users_by_handle,
    # graph
    followers,
    following,
    # rolls
    invitations,
    members,
    roll,
    roll_followers,
    rolls_of_user,
    # photos
    develop_due,
    developed_of_user,
    developing_in_roll,
    developing_of_user,
    photo,
    photos_in_roll,
    photos_of_user,
    removals_due,
    roll_feed,
    # reactions
    commented,
    comments,
    liked_by,
    likers,
)


def of_topic(topic: str) -> tuple[Projection | Tally, ...]:
    """The projections that want events of a topic."""
    return tuple(each for each in PROJECTIONS if topic in each.topics)


def all_tables() -> list[Table]:
    """Every table of the read models, `counts`, `progress` and `topic_partitions`."""
    return [table for each in PROJECTIONS for table in each.tables] + [COUNTS, PROGRESS, TOPIC_PARTITIONS]
