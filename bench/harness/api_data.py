"""Makes what the screens show: circles of people who share rolls, and the events of all that happened in them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from bench.harness.stream import DAY, an_id
from events.generated import (
    Card,
    CommentPosted,
    Event,
    Image,
    MemberJoined,
    PhotoAddedToRoll,
    PhotoDeveloped,
    PhotoDevelopedInRoll,
    PhotoFiltered,
    PhotoLiked,
    PhotoTaken,
    ProfileChanged,
    RollCreated,
    RollFollowed,
    UserFollowed,
    UserRegistered,
)
from events.image_keys import image_key

BEGINNING = DAY - timedelta(days=60)
LATER = datetime(2100, 1, 1, tzinfo=UTC)  # when photos develop that nobody may see yet
FILTER_VERSION = "1"
BLURHASH = "LKO2?U%2Tw=w]~RBVZRi};RPxuwH"
SIZES = (("full", 2000), ("feed", 1080), ("thumb", 320))
FOLLOWED = 3


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much there is in some circles: `rolls` are a multiple of `rolls_a_photo`, `likes` and `comments` a photo's.

    As it comes, a person has taken 33 developed photos and is in 30 rolls, and a roll holds 33 of ten people."""

    circles: int
    people: int = 10
    rolls: int = 30
    photos_a_person: int = 33
    rolls_a_photo: int = 3
    likes: int = 3
    comments: int = 2
    days: int = 5


@dataclass
class Circle:
    """People who are members of the same rolls. One roll in five is private.

    - `photos`: the developed ones, with their owners
    - `likers`: who likes each of them
    """

    size: Size
    people: list[UUID]
    rolls: list[UUID]
    photos: list[tuple[UUID, UUID]] = field(default_factory=list[tuple[UUID, UUID]])
    likers: dict[UUID, set[UUID]] = field(default_factory=dict[UUID, set[UUID]])

    @property
    def apart(self) -> list[UUID]:
        """Rolls that have no photo in common: as many as can be."""
        return self.rolls[: len(self.rolls) // self.size.rolls_a_photo]

    def unliked(self) -> Iterator[tuple[UUID, UUID]]:
        """Yields each photo and person of the circle who doesn't like it yet."""
        for person in self.people:
            for photo, _ in self.photos:
                if person not in self.likers[photo]:
                    yield photo, person


@dataclass(frozen=True)
class Dataset:
    """Circles, and all that happened in them, in order."""

    circles: list[Circle]
    events: list[Event]


def dataset(*sizes: Size, seed: int = 7) -> Dataset:
    """Makes the circles of each size, and the events of all, the same ones for the same seed."""
    maker = Maker(random.Random(seed))
    for size in sizes:
        for _ in range(size.circles):
            maker.circle(size)
    for circle, others in pairwise(maker.circles):
        maker.follow_roll(circle.rolls[0], others.people[0])
    return Dataset(maker.circles, maker.events)


class Maker:
    """Makes events, a second after each other."""

    def __init__(self, chance: random.Random):
        self.circles: list[Circle] = []
        self.events: list[Event] = []
        self._chance = chance
        self._registered = 0

    def id(self) -> UUID:
        """Makes an id."""
        return an_id(self._chance)

    def add(self, kind: Any, actor: UUID, **fields: Any) -> UUID:
        """Adds an event, and returns its id."""
        event_id, at = self.id(), BEGINNING + timedelta(seconds=len(self.events))
        self.events.append(kind(event_id=event_id, occurred_at=at, actor_id=actor, **fields))
        return event_id

    def circle(self, size: Size) -> None:
        """Adds a circle."""
        made = Circle(size, [self.id() for _ in range(size.people)], [self.id() for _ in range(size.rolls)])
        self.circles.append(made)
        for person in made.people:
            self.person(person)
        for number, roll in enumerate(made.rolls):
            self.roll(made, number, roll)
        for number in range(size.people * size.photos_a_person):
            self.photo(made, number)
        for number, person in enumerate(made.people):
            for other in range(1, min(FOLLOWED, size.people - 1) + 1):
                followee = made.people[(number + other) % size.people]
                self.add(UserFollowed, person, follower_id=person, followee_id=followee)
            avatar = next(photo for photo, owner in made.photos if owner == person)
            self.add(ProfileChanged, person, user_id=person, changed=("avatar_id", "bio"), avatar_id=avatar, bio="Hi.")
            self.take(person, [made.rolls[number % size.rolls]], LATER)

    def person(self, person: UUID) -> None:
        """Registers a person."""
        self._registered += 1
        handle = f"person{self._registered}"
        self.add(
            UserRegistered,
            person,
            user_id=person,
            handle=handle,
            handle_hmac=f"hmac of {handle}",
            display_name=f"Person {self._registered}",
            zone="UTC",
        )

    def roll(self, circle: Circle, number: int, roll: UUID) -> None:
        """Makes a roll, whose members are the whole circle."""
        creator = circle.people[number % len(circle.people)]
        visibility = "private" if number % 5 == 4 else "public"
        self.add(
            RollCreated,
            creator,
            roll_id=roll,
            creator_id=creator,
            title=f"Roll {number}",
            theme="summer",
            visibility=visibility,
        )
        for person in circle.people:
            role = "owner" if person == creator else "member"
            self.add(MemberJoined, person, roll_id=roll, member_id=person, role=role)

    def photo(self, circle: Circle, number: int) -> None:
        """Takes a developed photo, puts it into rolls, and has it liked and commented on.

        The rolls are cut into `rolls_a_photo` groups, and it is in one of each. All hold equally many, and by many."""
        size, group = circle.size, circle.size.rolls // circle.size.rolls_a_photo
        owner = circle.people[number // size.rolls_a_photo % size.people]
        rolls = [
            circle.rolls[which * group + (number + which * (number // group)) % group]
            for which in range(size.rolls_a_photo)
        ]
        photo = self.take(owner, rolls, BEGINNING + timedelta(days=number // group % size.days))
        likers = self._chance.sample(circle.people, min(size.likes, size.people))
        circle.photos.append((photo, owner))
        circle.likers[photo] = set(likers)
        for liker in likers:
            self.add(PhotoLiked, liker, photo_id=photo, liker_id=liker)
        for n in range(size.comments):
            author = self._chance.choice(circle.people)
            self.add(CommentPosted, author, photo_id=photo, author_id=author, text=f"What a light! {n}")

    def take(self, owner: UUID, rolls: list[UUID], develops_at: datetime) -> UUID:
        """Takes a photo, and develops it unless that is to come later."""
        photo = self.id()
        taken_at = min(develops_at, DAY) - timedelta(milliseconds=self._chance.randrange(86_400_000))
        known: dict[str, Any] = {"photo_id": photo, "owner_id": owner}
        times = {"taken_at": taken_at, "develops_at": develops_at}
        self.add(
            PhotoTaken,
            owner,
            **known,
            **times,
            zone="UTC",
            rule_version="1",
            object_key=f"uploads/{photo}",
            etag="e",
            on_profile=True,
        )
        placed = [(roll, self.add(PhotoAddedToRoll, owner, **known, **times, roll_id=roll)) for roll in rolls]
        images = {
            name: Image(key=image_key(photo, FILTER_VERSION, name), width=px, height=px * 3 // 4) for name, px in SIZES
        }
        filtered = {"filter_version": FILTER_VERSION, "blurhash": BLURHASH, **images}
        self.add(PhotoFiltered, owner, **known, develops_at=develops_at, **filtered)
        if develops_at != LATER:
            sides = {f"{name}_width": px for name, px in SIZES} | {f"{name}_height": px * 3 // 4 for name, px in SIZES}
            card = Card(filter_version=FILTER_VERSION, blurhash=BLURHASH, **sides)
            self.add(PhotoDeveloped, owner, **known, **times, on_profile=True, card=card)
            for roll, placement in placed:
                self.add(PhotoDevelopedInRoll, owner, **known, **times, roll_id=roll, placement_id=placement, card=card)
        return photo

    def follow_roll(self, roll: UUID, follower: UUID) -> None:
        """Has somebody follow a roll."""
        self.add(RollFollowed, follower, roll_id=roll, follower_id=follower)
