"""The context of one read: viewer, time, store. Everything that a route reads goes through it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

from api.cache.store import CachedStore
from api.image_urls import ImageUrls
from events.settings import Settings
from projections.store.protocol import Store
from projections.visibility import VisibleRows
from web.read_your_writes import After
from web.tokens import Viewer


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


class Context:
    """One request. What the viewer may see is asked of `visible`; `now` is the same moment for the whole request.

    `due` is the second that has begun by then: lists of what has developed are read up to it, so that those who ask
    within a second ask the same, and one answer of the cache serves them all. It is never ahead of `now`.

    Its rows may be cached ones, if they were read after `read_after` (see `wait_for_positions`)."""

    def __init__(self, request: Request, viewer: UUID, resources: Resources, read_after: float):
        self.request, self.viewer, self.settings = request, viewer, resources.settings
        self.store: Store = resources.cache.since(read_after) if resources.cache else resources.store
        self.image_urls, self.now = resources.image_urls, resources.now()
        self.due = self.now.replace(microsecond=0)
        self.visible = VisibleRows(self.store, viewer, self.now)


async def read_context(request: Request, viewer: Viewer, read_after: Annotated[float, After]) -> Context:
    """The context of a request: its token is checked first, then it waits for `Darkroom-After`."""
    return Context(request, viewer, request.app.state.resources, read_after)


ReadContext = Annotated[Context, Depends(read_context)]
