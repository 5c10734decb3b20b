"""Given these facts, when this person asks that, then…: a log in memory, folded as the workers do, under the API.

Every answer is checked against the shape that its route documents, and every failure for insides showing through.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import me, photos, rolls, users
from api.app import build
from api.cache.store import CachedStore
from api.context import Resources
from api.image_urls import ImageUrls
from events import generated as g
from events.generated import Event
from events.image_keys import image_key
from events.settings import Settings
from producers.decide.photos import photo_developed_in_roll, photo_removed
from projections.accounts.users_by_handle import handle_hmac
from projections.store.memory import MemoryStore
from projections.store.protocol import Store
from tests import given
from tests.given import MORNING, named
from tests.kit import MemoryLog, Worker
from web.tokens import issue_token

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
VERSION = "7"
WIDTHS = {"full": 2000, "feed": 1080, "thumb": 320}
SECRETS = {"token_secret": "t" * 40, "handle_secret": "h" * 40, "s3_secret_key": "s" * 40}
SETTINGS = Settings.model_validate(SECRETS | {"s3": "http://photos.example"})
ROUTES = [route for each in (me, users, rolls, photos) for route in each.router.routes if isinstance(route, APIRoute)]
INSIDES = ("Traceback", "cassandra", "Cassandra", "projections", "site-packages", ".py", "SELECT", "NoneType")


class Beginning(TypedDict):
    """The fields that every event begins with."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID


class About(TypedDict):
    """What most events say of a photo."""

    photo_id: UUID
    owner_id: UUID
    taken_at: datetime
    develops_at: datetime


def image(name: str, size: str, width: int) -> g.Image:
    """One size of a photo."""
    return g.Image(key=image_key(named(name), VERSION, size), width=width, height=width * 3 // 4)


def card(name: str) -> g.Card:
    """What never changes of a photo's pictures."""
    widths = {f"{size}_width": width for size, width in WIDTHS.items()}
    heights = {f"{size}_height": width * 3 // 4 for size, width in WIDTHS.items()}
    return g.Card(filter_version=VERSION, blurhash=f"blurhash of {name}", **widths, **heights)


def developed_in(developed: g.PhotoDeveloped, added: g.PhotoAddedToRoll) -> g.PhotoDevelopedInRoll:
    """What follows from a photo's development for one of its placements."""
    placement = {"roll_id": added.roll_id, "placement_id": added.event_id}
    return photo_developed_in_roll(developed, **placement, card=developed.card)


class ApiWorld:
    """What has happened, and the read models that follow from it. Ids follow from names; each event has its own."""

    def __init__(self, store: Store | None = None, seen: Store | None = None, cache: CachedStore | None = None) -> None:
        """`store` is the workers', one in memory if it isn't given; `seen` is the same one as the API may see it, and
        `cache` the API's of it."""
        written = store or MemoryStore()
        self.cache = cache
        self.store, self.log, self.now = seen or written, MemoryLog(), NOW
        self.worker = Worker(written, self.log.codec)
        self._made = 0

    async def given(self, *events: Event) -> None:
        """These happened, and the workers have seen them."""
        await self.log.append(*events)
        await self.worker.fold_all(self.log)

    def begin(self) -> Beginning:
        """The first fields of the next event; each occurs a second after the one before."""
        self._made += 1
        moment = MORNING - timedelta(days=2) + timedelta(seconds=self._made)
        return {"event_id": named(f"event {self._made}"), "occurred_at": moment, "actor_id": named("somebody")}

    def person(self, name: str) -> g.UserRegistered:
        """Somebody whose handle is their name."""
        hmac = handle_hmac(SETTINGS, name)
        shown = {"handle": name, "handle_hmac": hmac, "display_name": name.title()}
        return given.user_registered(**self.begin(), user_id=named(name), **shown)

    def roll(self, name: str, owner: str, visibility: str = "public") -> list[Event]:
        """A roll, and its owner's membership."""
        ids = {"roll_id": named(name), "creator_id": named(owner)}
        made = given.roll_created(**self.begin(), **ids, title=name.title(), visibility=visibility)
        return [made, self.joined(name, owner, "owner")]

    def joined(self, roll: str, member: str, role: str = "member") -> g.MemberJoined:
        """A membership."""
        return given.member_joined(**self.begin(), roll_id=named(roll), member_id=named(member), role=role)

    def taken(
        self, name: str, owner: str, *rolls: str, on_profile: bool = False, develops_at: datetime = MORNING
    ) -> list[Event]:
        """A photo, put into rolls."""
        about = self.about(name, owner, develops_at)
        taken = given.photo_taken(**self.begin(), **about, object_key=f"uploads/{name}", on_profile=on_profile)
        return [taken, *(given.photo_added_to_roll(**self.begin(), **about, roll_id=named(roll)) for roll in rolls)]

    def about(self, name: str, owner: str, develops_at: datetime = MORNING) -> About:
        """What most events say of a photo."""
        taken_at = develops_at - timedelta(hours=12)
        return {
            "photo_id": named(name),
            "owner_id": named(owner),
            "taken_at": taken_at,
            "develops_at": develops_at,
        }

    def filtered(self, name: str, owner: str, develops_at: datetime = MORNING) -> g.PhotoFiltered:
        """The film look is on it."""
        ids = {"photo_id": named(name), "owner_id": named(owner), "develops_at": develops_at}
        images = {size: image(name, size, width) for size, width in WIDTHS.items()}
        look = {"filter_version": VERSION, "blurhash": f"blurhash of {name}"}
        return given.photo_filtered(**self.begin(), **ids, **images, **look)

    def developed(
        self, name: str, owner: str, *rolls: str, on_profile: bool = False, develops_at: datetime = MORNING
    ) -> list[Event]:
        """A photo whose time has come, in its rolls too."""
        taken = self.taken(name, owner, *rolls, on_profile=on_profile, develops_at=develops_at)
        filtered = self.filtered(name, owner, develops_at)
        return [*taken, filtered, *self.develops(name, owner, *taken, develops_at=develops_at)]

    def develops(self, name: str, owner: str, *taken: Event, develops_at: datetime = MORNING) -> list[Event]:
        """A photo develops, and does so in the rolls that it was put into among these events."""
        about = self.about(name, owner, develops_at)
        developed = given.photo_developed(**self.begin(), **about, card=card(name))
        return [
            developed,
            *(developed_in(developed, added) for added in taken if isinstance(added, g.PhotoAddedToRoll)),
        ]

    def ends(self, end: g.PhotoDeleted | g.PhotoTakenDown, *taken: Event) -> list[Event]:
        """A photo ends, and is taken out of the rolls that it was put into among these events."""
        added = [each for each in taken if isinstance(each, g.PhotoAddedToRoll) and each.photo_id == end.photo_id]
        return [end, *(photo_removed(end, each.roll_id, placement_id=each.event_id) for each in added)]

    def followed(self, follower: str, followee: str) -> g.UserFollowed:
        """A follow."""
        return given.user_followed(**self.begin(), follower_id=named(follower), followee_id=named(followee))

    def liked(self, photo: str, liker: str) -> g.PhotoLiked:
        """A like."""
        return given.photo_liked(**self.begin(), photo_id=named(photo), liker_id=named(liker))

    def commented(self, photo: str, author: str, text: str) -> g.CommentPosted:
        """A comment."""
        return given.comment_posted(**self.begin(), photo_id=named(photo), author_id=named(author), text=text)

    def portrait(self, person: str, photo: str) -> g.ProfileChanged:
        """Somebody chooses a portrait."""
        return given.profile_changed(**self.begin(), user_id=named(person), avatar_id=named(photo))

    def cover(self, roll: str, owner: str, photo: str) -> g.RollChanged:
        """A roll gets a cover."""
        ids = {"roll_id": named(roll), "creator_id": named(owner)}
        return given.roll_changed(**self.begin(), **ids, cover_id=named(photo))

    @asynccontextmanager
    async def api(self) -> AsyncGenerator["Api", None]:
        """The API over this world, for as long as the block runs."""

        @asynccontextmanager
        async def resources() -> AsyncGenerator[Resources, None]:
            yield Resources(SETTINGS, self.store, ImageUrls(SETTINGS), now=lambda: self.now, cache=self.cache)

        app = build(resources)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client,
        ):
            yield Api(app, client)


class Api:
    """Asks the API in somebody's name."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient):
        self.app, self.client = app, client

    async def get(self, who: str, path: str, **headers: str) -> httpx.Response:
        """An answer, checked against what its route documents. Underscores in names of headers are dashes."""
        token = issue_token(SETTINGS, named(who), timedelta(minutes=5))
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.get(path, headers={"Authorization": f"Bearer {token}"} | sent)
        checked(path.split("?")[0], answer)
        return answer

    async def json(self, who: str, path: str) -> dict[str, Any]:
        """The body of an answer that succeeds."""
        answer = await self.get(who, path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    async def walk(self, who: str, path: str, limit: int = 2) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        following = f"{path}{'&' if '?' in path else '?'}limit={limit}"
        while following:
            answer = await self.get(who, following)
            assert answer.status_code == 200, (following, answer.text)
            body = answer.json()
            assert len(body["items"]) <= limit
            items += body["items"]
            link = answer.links.get("next", {}).get("url", "")
            assert bool(link) == (body["next"] is not None)
            following = link
        return items


def checked(path: str, answer: httpx.Response) -> None:
    """An answer has the shape that its route says; a failure is a problem that shows no insides."""
    if answer.status_code == 304:
        assert not answer.content
        return
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body["status"] == answer.status_code
        assert {"type", "title", "detail", "request_id"} <= set(body)
        assert not [inside for inside in INSIDES if inside in answer.text], answer.text
        return
    route = next(route for route in ROUTES if route.path_regex.fullmatch(path))
    shape: Any = route.response_model
    shape.model_validate_json(answer.content)
