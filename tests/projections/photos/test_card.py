"""A card comes back from its column as it went, and the keys of its pictures follow from it."""

from uuid import UUID

from events.image_keys import SIZES, image_key, prefix_of
from projections.photos.card import card_json, card_of, card_of_filtered
from tests import given
from tests.given import CARD


def test_a_card_comes_back_from_its_column_as_it_went() -> None:
    assert card_json(CARD).startswith('{"filter_version":"7","blurhash":"blurhash of dusk","full_width":2048,')
    assert card_of(card_json(CARD)) == CARD
    assert card_of(None) is None


def test_the_card_of_a_filtered_photo_is_what_filtering_gave() -> None:
    assert card_of_filtered(given.photo_filtered()) == CARD


def test_keys_follow_from_the_photo_the_version_and_the_size() -> None:
    photo = UUID(int=7)
    keys = [image_key(photo, version, size) for version in ("look-1", "look-2") for size in SIZES]
    assert keys[0] == "photos/00000000-0000-0000-0000-000000000007/6147bf5c3627/full.jpg"
    assert len(set(keys)) == 6
    assert all(key.startswith(prefix_of(photo)) for key in keys)
