"""Invariant 4: nobody sees a photo before it has developed, or from a roll they may not see.

Random small worlds, asked in everybody's name through every path, and compared with what a plain reading of the facts
allows.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import generated as g
from events.generated import Event
from tests.api.world import MORNING, Api, ApiWorld, named

pytestmark = pytest.mark.anyio

PEOPLE, ROLLS = ("ada", "bo", "cy"), ("lake", "den")
FATES = ("taken", "filtered", "late", "early", "developed", "deleted", "taken down", "rejected")


@dataclass(frozen=True)
class Taken:
    """A photo of a world."""

    name: str
    owner: str
    rolls: frozenset[str]
    removed: frozenset[str]
    on_profile: bool
    fate: str

    @property
    def there(self) -> bool:
        """Whether it is still a photo for its owner."""
        return self.fate not in ("deleted", "taken down")

    @property
    def shown(self) -> bool:
        """Whether there is a picture."""
        return self.fate == "developed"


@dataclass(frozen=True)
class Facts:
    """A world in plain words."""

    private: frozenset[str]
    gone: frozenset[str]  # rolls that were deleted
    hidden: frozenset[str]  # people who are deactivated
    members: frozenset[tuple[str, str]]
    left: frozenset[tuple[str, str]]
    photos: tuple[Taken, ...]

    def role(self, roll: str, person: str) -> bool:
        """Whether somebody is a member; ada owns every roll."""
        return person == "ada" or (roll, person) in self.members - self.left

    def sees_roll(self, person: str, roll: str) -> bool:
        """The rule, read from the facts."""
        return roll not in self.gone and (roll not in self.private or self.role(roll, person))

    def sees(self, person: str, photo: Taken) -> bool:
        """The rule, read from the facts."""
        if person == photo.owner:
            return photo.there
        in_roll = any(self.sees_roll(person, roll) for roll in photo.rolls - photo.removed)
        return photo.shown and photo.owner not in self.hidden and (photo.on_profile or in_roll)


def subsets(of: Any) -> st.SearchStrategy[frozenset[Any]]:
    """Any of these."""
    return st.frozensets(st.sampled_from(of))


@st.composite
def worlds(draw: Any) -> Facts:
    """Any small world."""
    photos = tuple(
        Taken(
            f"photo {n}",
            draw(st.sampled_from(PEOPLE)),
            draw(subsets(ROLLS)),
            draw(subsets(ROLLS)),
            draw(st.booleans()),
            draw(st.sampled_from(FATES)),
        )
        for n in range(draw(st.integers(1, 4)))
    )
    pairs = [(roll, person) for roll in ROLLS for person in PEOPLE[1:]]
    return Facts(
        private=draw(subsets(ROLLS)),
        gone=draw(subsets(ROLLS[1:])),
        hidden=draw(subsets(PEOPLE)),
        members=draw(subsets(pairs)),
        left=draw(subsets(pairs)),
        photos=photos,
    )


def events_of(facts: Facts, world: ApiWorld) -> list[Event]:
    """How this world came about. Every photo is liked, commented on, and somebody's portrait and a roll's cover."""
    events: list[Event] = [world.person(person) for person in PEOPLE]
    for roll in ROLLS:
        events += world.roll(roll, "ada", "private" if roll in facts.private else "public")
    for roll, person in sorted(facts.members):
        joined = world.joined(roll, person)
        events.append(joined)
        if (roll, person) in facts.left:
            membership = {"roll_id": named(roll), "member_id": named(person), "membership_id": joined.event_id}
            events.append(g.MemberLeft(**world.begin(), **membership))
    for photo in facts.photos:
        events += history(photo, world)
        events.append(world.portrait(photo.owner, photo.name))
        events += [world.cover(roll, "ada", photo.name) for roll in ROLLS]
    events += [world.followed(a, b) for a in PEOPLE for b in PEOPLE if a != b]
    events += [g.UserDeactivated(**world.begin(), user_id=named(person)) for person in sorted(facts.hidden)]
    gone = [{"roll_id": named(roll), "creator_id": named("ada")} for roll in sorted(facts.gone)]
    return events + [g.RollDeleted(**world.begin(), **roll) for roll in gone]


def history(photo: Taken, world: ApiWorld) -> list[Event]:
    """What happened to a photo; a late one should have developed by now, the others' morning is to come. An early one
    was developed before it, by a worker whose clock is ahead."""
    due = MORNING if photo.shown or photo.fate == "late" else MORNING + timedelta(days=1)
    about = world.about(photo.name, photo.owner, due)
    events = world.taken(photo.name, photo.owner, *sorted(photo.rolls), on_profile=photo.on_profile, develops_at=due)
    for added in list(events):
        if isinstance(added, g.PhotoAddedToRoll) and added.roll_id in map(named, photo.removed):
            ended = {"roll_id": added.roll_id, "placement_id": added.event_id}
            events.append(g.PhotoRemovedFromRoll(**world.begin(), **about, **ended))
    if photo.fate == "rejected":
        return [*events, g.PhotoRejected(**world.begin(), **about, code="size", reason="It is too large.")]
    if photo.fate != "taken":
        events.append(world.filtered(photo.name, photo.owner, due))
    if photo.fate in ("early", "developed", "deleted", "taken down"):
        events += world.develops(photo.name, photo.owner, *events, develops_at=due)
    if photo.fate == "deleted":
        events += world.ends(g.PhotoDeleted(**world.begin(), **about), *events)
    if photo.fate == "taken down":
        events += world.ends(g.PhotoTakenDown(**world.begin(), **about, reason="reported"), *events)
    liked = [world.liked(photo.name, person) for person in PEOPLE]
    return [*events, *liked, *(world.commented(photo.name, person, "Oh") for person in PEOPLE)]


async def everything(api: Api, person: str, facts: Facts) -> dict[str, str]:
    """All that a person can get to see of a world, by path; lists in pages of one, so that every cursor is there."""
    paths = ["/v1/me", "/v1/me?include=photos,rejected,rolls"]
    lists = ["/v1/me/photos", *(f"/v1/me/photos?state={state}" for state in ("developing", "developed", "rejected"))]
    for other in PEOPLE:
        paths += [f"/v1/users/{named(other)}", f"/v1/users/{named(other)}?include=photos,rolls"]
        lists += [f"/v1/users/@{other}/{what}" for what in ("photos", "followers", "following", "rolls")]
    for roll in ROLLS:
        paths += [f"/v1/rolls/{named(roll)}", f"/v1/rolls/{named(roll)}?include=photos,members"]
        lists += [f"/v1/rolls/{named(roll)}/{what}" for what in ("photos", "members")]
    for photo in facts.photos:
        paths += [f"/v1/photos/{named(photo.name)}", f"/v1/photos/{named(photo.name)}?include=comments"]
        lists += [f"/v1/photos/{named(photo.name)}/{what}" for what in ("likers", "comments")]
    told = {path: (await api.get(person, path)).text for path in paths}
    for path in lists:
        following: str | None = f"{path}{'&' if '?' in path else '?'}limit=1"
        while following:
            answer = await api.get(person, following)
            told[following] = answer.text
            following = answer.links.get("next", {}).get("url")
    return told


def listed(told: dict[str, str], path: str) -> set[str]:
    """The ids in all pages of a list."""
    pages = [text for at, text in told.items() if at.startswith(f"{path}?")]
    return {item["id"] for text in pages for item in body_of(text).get("items", [])}


def body_of(text: str) -> dict[str, Any]:
    """A body."""
    return json.loads(text)


def without_avatars(shown: Any) -> Any:
    """A body without portraits."""
    if isinstance(shown, dict):
        return {name: without_avatars(value) for name, value in shown.items() if name != "avatar"}
    return [without_avatars(each) for each in shown] if isinstance(shown, list) else shown


def traces(photo: Taken) -> list[str]:
    """What nobody may come across who may not know of a photo."""
    identity: UUID = named(photo.name)
    return [str(identity), identity.hex, f"uploads/{photo.name}", f"blurhash of {photo.name}"]


@given(worlds())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_everybody_gets_to_see_what_they_may_and_nothing_else(facts: Facts) -> None:
    world = ApiWorld()
    await world.given(*events_of(facts, world))
    async with world.api() as api:
        for person in PEOPLE:
            told = await everything(api, person, facts)
            for photo in facts.photos:
                check(person, photo, facts, told)


def check(person: str, photo: Taken, facts: Facts, told: dict[str, str]) -> None:
    """What a person was told of one photo."""
    path = f"/v1/photos/{named(photo.name)}"
    sees = facts.sees(person, photo)
    assert ('"state"' in told[path]) == sees
    if not sees:
        # A portrait shows a photo to whoever sees its owner: it was chosen for that. Its URL has the photo's key.
        portrait = photo.shown and photo.owner not in facts.hidden
        for at, text in told.items():
            looked_at = json.dumps(without_avatars(json.loads(text))) if portrait else text
            assert not [trace for trace in traces(photo) if trace in looked_at], at
        return
    if not photo.shown:
        assert f"photos/{named(photo.name)}/" not in "".join(told.values())
        assert "blurhash of" not in told[path]
    for roll in ROLLS:
        there = photo.shown and roll in photo.rolls - photo.removed and facts.sees_roll(person, roll)
        assert (str(named(photo.name)) in listed(told, f"/v1/rolls/{named(roll)}/photos")) == there
        whole = body_of(told[f"/v1/rolls/{named(roll)}?include=photos,members"])
        assert (str(named(photo.name)) in {item["id"] for item in whole.get("photos", {}).get("items", [])}) == there
    if photo.owner not in facts.hidden or photo.owner == person:
        profile = listed(told, f"/v1/users/@{photo.owner}/photos")
        assert (str(named(photo.name)) in profile) == (photo.shown and photo.on_profile)
    assert (str(named(photo.name)) in listed(told, "/v1/me/photos")) == (photo.owner == person)
