"""The context of one read: viewer, time, store. Everything that a route reads goes through it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

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
    """What the API reads from, for as long as it runs (`app.state.resources`)."""

    settings: Settings
    store: Store
    image_urls: ImageUrls
    now: Callable[[], datetime] = clock


class Context:
    """One request. What the viewer may see is asked of `visible`; `now` is the same moment for the whole request.

    `due` is the second that has begun by then: lists of what has developed are read up to it, so that those who ask
    within a second ask the same, and one answer of a cache serves them all. It is never ahead of `now`."""

    def __init__(self, request: Request, viewer: UUID, resources: Resources):
        self.request, self.viewer = request, viewer
        self.settings, self.store = resources.settings, resources.store
        self.image_urls, self.now = resources.image_urls, resources.now()
        self.due = self.now.replace(microsecond=0)
        self.visible = VisibleRows(self.store, viewer, self.now)


async def read_context(request: Request, viewer: Viewer, _: Annotated[None, After]) -> Context:
    """The context of a request: its token is checked first, then it waits for `Darkroom-After`."""
    return Context(request, viewer, request.app.state.resources)


ReadContext = Annotated[Context, Depends(read_context)]
