"""What is prepared for all who ask changes no answer: to the byte, everybody is told what they are told without it.

The other side is the API without a cache, which decides for each viewer by themselves. WORLDS=100 tries so many."""

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import slots
from api.answers import VIEWS
from api.cache.answers import Answers
from api.cache.store import CachedStore
from tests.api.test_embargo import PEOPLE, ROLLS, Facts, events_of, worlds
from tests.api.world import ApiWorld, named
from tests.kit import run

pytestmark = pytest.mark.anyio
WORLDS = int(os.environ.get("WORLDS", "12"))
Told = dict[tuple[str, str], tuple[int, str, str]]


def asked(facts: Facts) -> list[tuple[str, str]]:
    """Everybody, and somebody who has nothing to do with anything, asks for all that there is."""
    paths = ["/v1/me?include=photos,rejected,rolls", "/v1/me/photos", "/v1/me/photos?state=rejected&limit=1"]
    for other in PEOPLE:
        paths += [f"/v1/users/{named(other)}?include=photos,rolls", f"/v1/users/@{other}/photos?limit=1"]
        paths += [f"/v1/users/{named(other)}/{what}" for what in ("followers", "following", "rolls")]
    for roll in ROLLS:
        paths += [f"/v1/rolls/{named(roll)}?include=photos,members", f"/v1/rolls/{named(roll)}/photos?limit=2"]
        paths += [f"/v1/rolls/{named(roll)}/members"]
    for photo in facts.photos:
        paths += [f"/v1/photos/{named(photo.name)}?include=comments", f"/v1/photos/{named(photo.name)}/likers"]
        paths += [f"/v1/photos/{named(photo.name)}/comments?limit=1"]
    return [(person, path) for person in (*PEOPLE, "stranger") for path in paths]


async def told(world: ApiWorld, questions: list[tuple[str, str]]) -> Told:
    """The answers: status, body but for the request's id, and tag."""
    answers: Told = {}
    async with world.api() as api:
        for person, path in questions:
            answer = await api.get(person, path)
            text = answer.text if answer.status_code == 200 else answer.json()["detail"]
            answers[person, path] = (answer.status_code, text, answer.headers.get("etag", ""))
    return answers


@given(worlds(), st.integers(0, 1 << 32))
@settings(max_examples=WORLDS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_everybody_is_told_the_same_with_what_was_prepared_for_others(facts: Facts, seed: int) -> None:
    """Seen to fail where everybody sees as anybody, and where roles aren't in a view's key."""
    world = ApiWorld()
    await world.given(*events_of(facts, world))
    questions = asked(facts)
    plain = await told(world, questions)
    random.Random(seed).shuffle(questions)
    world.cache = CachedStore(world.store, Answers(3600.0, 1 << 28))
    assert await told(world, questions) == plain


async def test_who_sees_the_same_shares_one_view_and_who_sees_more_has_another() -> None:
    world = ApiWorld()
    people = ("ada", "bo", "cy", "di", "ed")
    await world.given(*map(world.person, people), *world.roll("lake", "ada"), *world.roll("den", "ada", "private"))
    await world.given(world.joined("den", "bo"), world.joined("den", "cy"), world.liked("dusk", "bo"))
    await world.given(*world.developed("dusk", "ada", "lake", "den"))
    world.cache = CachedStore(world.store, Answers(3600.0, 1 << 28))
    async with world.api() as api:
        bodies = {who: await api.json(who, f"/v1/rolls/{named('lake')}/photos") for who in people}
    views = [unit for unit in world.cache.answers._kept._answers if unit[1] is VIEWS]
    assert len(views) == 2  # members of the private roll, and the others
    liked = {who: body["items"][0]["viewer"]["liked"] for who, body in bodies.items()}
    assert liked == {who: who == "bo" for who in people}
    assert {who for who, body in bodies.items() if len(body["rolls"]) == 2} == {"ada", "bo", "cy"}


def test_a_body_is_cut_at_its_slots_and_joined_again() -> None:
    dusk, ada = named("dusk"), named("ada")
    body = {"a": slots.mark("photo", dusk), "text": "zero \0 byte", "b": {"c": slots.mark("user", ada)}, "next": None}
    pieces = slots.cut(body, "there")
    assert pieces.slots == (("photo", dusk), ("user", ada))
    assert pieces.after == "there"
    assert pieces.joined((b"1", b"{}")) == b'{"a":1,"text":"zero \\u0000 byte","b":{"c":{}},"next":null}'
    assert pieces.tag((b"1", b"{}")) == slots.cut(body).tag((b"1", b"{}"))
    others: list[tuple[slots.Pieces, tuple[bytes, ...]]] = [(pieces, (b"2", b"{}"))]
    others.append((slots.cut(body | {"next": 1}), (b"1", b"{}")))
    others.append((slots.cut({"a": slots.mark("photo", ada)} | {"text": "zero \0 byte"}), (b"1",)))
    assert pieces.tag((b"1", b"{}")) not in {each.tag(filled) for each, filled in others}


def test_a_body_without_slots_is_one_piece() -> None:
    pieces = slots.cut({"a": 1})
    assert (pieces.slots, pieces.joined(())) == ((), b'{"a":1}')


def test_what_fills_a_slot_is_what_a_body_would_say() -> None:
    assert slots.photo_viewer(True) == b'{"liked":true}'
    assert slots.user_viewer(True, False) == b'{"following":true,"followed_by":false,"blocked":false}'
    assert slots.roll_viewer("owner", False) == b'{"role":"owner","following":false}'
    assert slots.roll_viewer(None, True) == b'{"role":null,"following":true}'


def test_the_law_is_of_worlds_in_which_viewers_see_different_things() -> None:
    """Or it would hold of anything."""

    async def differences() -> int:
        world = ApiWorld()
        await world.given(*map(world.person, PEOPLE), *world.roll("den", "ada", "private"))
        await world.given(*world.developed("photo 0", "bo", "den"))
        path = f"/v1/photos/{named('photo 0')}"
        return len({answer[0] for answer in (await told(world, [(who, path) for who in PEOPLE])).values()})

    assert run(differences()) == 2
