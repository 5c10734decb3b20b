"""The screens that are measured: their requests, and how much each answer must hold."""

from collections.abc import Callable, Sequence
from uuid import UUID

from bench.harness.api_data import Circle
from bench.harness.load import Ask
from bench.harness.serving import token
from events.settings import Settings

PAGE = 30
PHOTO, ROLL, COMMENT = '"blurhash"', '"last_activity"', '"posted_at"'
Asks = Callable[[Settings, Circle], list[Ask]]


def roll_photos(settings: Settings, circle: Circle) -> list[Ask]:
    """A page of each roll's photos, asked for by the roll's members in turn."""
    return [
        Ask(f"/v1/rolls/{roll}/photos?limit={PAGE}", viewer, PHOTO, PAGE)
        for roll, viewer in in_turn(settings, circle.rolls, circle)
    ]


def roll_page(settings: Settings, circle: Circle) -> list[Ask]:
    """Rolls without a photo in common, each with its photos and members."""
    return [
        Ask(f"/v1/rolls/{roll}?include=photos,members", viewer, PHOTO, PAGE)
        for roll, viewer in in_turn(settings, circle.apart, circle)
    ]


def profile(settings: Settings, circle: Circle) -> list[Ask]:
    """People, each with their photos and rolls."""
    return [
        Ask(f"/v1/users/{person}?include=photos,rolls", viewer, PHOTO, PAGE)
        for person, viewer in in_turn(settings, circle.people, circle)
    ]


def photo_with_comments(settings: Settings, circle: Circle) -> list[Ask]:
    """Photos, each with its comments."""
    photos = [photo for photo, _ in circle.photos]
    return [
        Ask(f"/v1/photos/{photo}?include=comments", viewer, COMMENT, circle.size.comments)
        for photo, viewer in in_turn(settings, photos, circle)
    ]


def my_rolls(settings: Settings, circle: Circle) -> list[Ask]:
    """Each person's own rolls, with three photos of each."""
    return [
        Ask(f"/v1/users/{person}/rolls?limit={PAGE}", token(settings, person), ROLL, circle.size.rolls)
        for person in circle.people
    ]


def like(settings: Settings, circle: Circle) -> list[Ask]:
    """Each photo that somebody doesn't like yet, to be liked by them."""
    tokens = {person: token(settings, person) for person in circle.people}
    return [
        Ask(f"/v1/photos/{photo}/like", tokens[person], method="PUT", status=202) for photo, person in circle.unliked()
    ]


def in_turn(settings: Settings, asked: Sequence[UUID], circle: Circle) -> list[tuple[UUID, str]]:
    """Gives each thing a viewer's token, of the circle's people in turn."""
    tokens = [token(settings, person) for person in circle.people]
    return [(one, tokens[number % len(tokens)]) for number, one in enumerate(asked)]


SCREENS: dict[str, Asks] = {
    "roll_page": roll_page,
    "profile": profile,
    "photo_with_comments": photo_with_comments,
    "my_rolls": my_rolls,
}
