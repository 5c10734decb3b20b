"""What must follow in the log itself: an ended photo leaves its rolls, a deleted roll's people leave it, a photo that
developed counts as developed in each of its rolls (docs/design.md, section 2)."""

from collections.abc import Iterator

from tests.oracle.sets import Beginning, Sets
from tests.oracle.tables import Rows

ENDS = ("rejected_reason", "deleted", "taken_down")


def stands(about: Beginning) -> bool:
    """Begun and not ended."""
    return about.begun is not None and not about.ended


def missing(sets: Sets, photos: Rows, rolls: Rows) -> Iterator[str]:
    """A line for each fact that should have followed and isn't in the log."""
    ended = {key[0] for key, row in photos.items() if any(row.get(name) for name in ENDS)}
    developed = {key[0] for key, row in photos.items() if row.get("developed")} - ended
    deleted = {key[0] for key, row in rolls.items() if row.get("deleted")}
    for _, (photo, placement), about in sets.all("photos_in_roll"):
        if stands(about) and photo in ended:
            yield f"photo {photo} has ended, its placement {placement} hasn't"
    for _, (photo, placement), about in sets.all("developing_in_roll"):
        if stands(about) and photo in developed:
            yield f"photo {photo} has developed, not so in its placement {placement}"
    for table in ("members", "roll_followers"):
        for roll, (person, beginning), about in sets.all(table):
            if stands(about) and roll in deleted:
                yield f"roll {roll} was deleted, {person} is still among its {table} ({beginning})"
