"""The one list of all projections: a new read model is a file beside this one and a line here."""
# pyright: reportUnusedImport=false

from projections.comments import commented, comments
from projections.develop_due import develop_due
from projections.developed_of_user import developed_of_user
from projections.developing_in_roll import developing_in_roll
from projections.followers import followers
from projections.following import following
from projections.invitations import invitations
from projections.likers import likers
from projections.members import members
from projections.photo import photo
from projections.photos_in_roll import photos_in_roll
from projections.photos_of_user import photos_of_user
from projections.roll import roll
from projections.roll_feed import roll_feed
from projections.roll_followers import roll_followers
from projections.rolls_of_photo import rolls_of_photo
from projections.rolls_of_user import rolls_of_user
from projections.users import users
from projections.users_by_handle import users_by_handle

# ruff: isort: split
from projections.counts import COUNTS
from projections.low_water import LOW_WATER
from projections.progress import PROGRESS
from projections.projection import Projection
from projections.table import Table
from projections.tally import Tally

PROJECTIONS: tuple[Projection | Tally, ...] = tuple(
    each for each in globals().values() if isinstance(each, Projection | Tally)
)


def of_topic(topic: str) -> tuple[Projection | Tally, ...]:
    """The projections that want events of a topic."""
    return tuple(each for each in PROJECTIONS if topic in each.topics)


def all_tables() -> list[Table]:
    """Every table of the read models, and the processors' own."""
    return [table for each in PROJECTIONS for table in each.tables] + [COUNTS, PROGRESS, LOW_WATER]
