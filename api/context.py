"""The context of one read: viewer, time, store. Everything that a route reads goes through it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

from api.cache.sizes import Made
from api.cache.store import CachedStore
from api.image_urls import ImageUrls
from events.settings import Settings
from projections.store.protocol import Store
from web.read_your_writes import After
from web.tokens import Viewer

T = TypeVar("T")


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Resources:
    """What the API reads from, for as long as it runs (`app.state.resources`); `cache` is one of `store`."""

    settings: Settings
    store: Store
    image_urls: ImageUrls
    now: Callable[[], datetime] = clock
    cache: CachedStore | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where what is the same for every viewer comes from: rows, of what is due by a moment, and the keys that sign."""

    store: Store
    due: datetime
    image_urls: ImageUrls
    secret: str


class Context:
    """One request. `due` is its moment: the second that has begun by then, so that those who ask within a second ask
    the same, and one answer of the cache serves them all. It is never ahead of the clock.

    Its rows may be cached ones, if they were read after `read_after` (see `wait_for_positions`)."""

    def __init__(self, request: Request, viewer: UUID, resources: Resources, read_after: float):
        self.request, self.viewer, self.settings = request, viewer, resources.settings
        self.cache = resources.cache.since(read_after) if resources.cache else None
        self.store: Store = self.cache or resources.store
        now = resources.now()
        due = now.replace(microsecond=0)
        self._left = 1.0 - (now - due).total_seconds()
        self.source = Source(self.store, due, resources.image_urls, resources.settings.token_secret)

    async def built(self, kind: Made, key: tuple[Any, ...], build: Callable[[Source], Awaitable[T]]) -> T:
        """What `build` makes of rows; kept under a key, as long as those may be, and until the second is over."""
        cache, source = self.cache, self.source
        if cache is None:
            return await build(source)
        unit = ("built", kind, source.due, *key)
        kept = cache.at_hand(unit)
        if kept is None:
            kept = await cache.built(unit, lambda store: build(replace(source, store=store)), self._left)
        return kept

    def made(self, kind: Made, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What `make` makes of what was built; kept under a key, which names that."""
        if self.cache is None:
            return make()
        unit = ("made", kind, *key)
        kept = self.cache.at_hand(unit)
        if kept is None:
            kept = make()
            self.cache.answers.put(unit, kept)
        return kept


async def read_context(request: Request, viewer: Viewer, read_after: Annotated[float, After]) -> Context:
    """The context of a request: its token is checked first, then it waits for `Darkroom-After`."""
    return Context(request, viewer, request.app.state.resources, read_after)


ReadContext = Annotated[Context, Depends(read_context)]
