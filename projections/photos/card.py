"""The card of a photo: what never changes of its pictures, in one column of every row that shows it.

It is one column, JSON of the event's `Card`: so a row has it whole or not at all, and one cell more instead of eight.
"""

from functools import lru_cache

import orjson

from events.generated import Card, PhotoFiltered

CACHED = 20_000  # cards that are kept as objects: a row that is kept is shown many times


def card_json(card: Card) -> str:
    """A card as its column."""
    return orjson.dumps(card).decode()


def card_of(column: str | None) -> Card | None:
    """The card that a column holds; None until something was written."""
    return None if column is None else parsed(column)


@lru_cache(CACHED)
def parsed(column: str) -> Card:
    """The card of a column's text."""
    return Card(**orjson.loads(column))


def card_of_filtered(event: PhotoFiltered) -> Card:
    """The card of a photo that was filtered."""
    return Card(
        filter_version=event.filter_version,
        blurhash=event.blurhash,
        full_width=event.full.width,
        full_height=event.full.height,
        feed_width=event.feed.width,
        feed_height=event.feed.height,
        thumb_width=event.thumb.width,
        thumb_height=event.thumb.height,
    )
