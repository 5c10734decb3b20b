"""The context of one read: viewer, time, store. Everything that a route reads goes through it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from api.cache.store import CachedStore
from api.fill_page import Candidates, Hydrate, fill_page
from api.image_urls import ImageUrls
from events.settings import Settings
from projections.store.protocol import Store
from projections.visibility import VisibleRows
from web.etag import json_response
from web.pagination import Cursor, PageRequest, next_link, page_body
from web.read_your_writes import After
from web.tokens import Viewer

C = TypeVar("C")


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

    Its rows may be cached ones, if they were read after `read_after` (see `wait_for_positions`)."""

    def __init__(self, request: Request, viewer: UUID, resources: Resources, read_after: float):
        self.request, self.viewer, self.settings = request, viewer, resources.settings
        self.store: Store = resources.cache.since(read_after) if resources.cache else resources.store
        self.image_urls, self.now = resources.image_urls, resources.now()
        self.visible = VisibleRows(self.store, viewer, self.now)

    def respond(self, body: Mapping[str, Any]) -> Response:
        """The response that shows one thing."""
        return json_response(self.request, body)

    async def page(
        self,
        paging: PageRequest,
        cursor: Cursor,
        candidates: Callable[[tuple[Any, ...], int], Candidates[C]],
        hydrate: Hydrate[C],
    ) -> Response:
        """The response that shows one page of a list.

        - `candidates(after, size)`: the list's rows past the key `after`, read about `size` at a time.
        - `hydrate`: what is shown of each row, None for what the viewer may not see.
        """
        after = cursor.decode(self.settings.token_secret, paging.cursor)
        items, last = await fill_page(candidates(after, paging.limit + 1), hydrate, paging.limit)
        next_cursor = None if last is None else cursor.encode(self.settings.token_secret, cursor.key_of(last))
        return json_response(self.request, page_body(items, next_cursor), next_link(self.request, next_cursor))


async def read_context(request: Request, viewer: Viewer, read_after: Annotated[float, After]) -> Context:
    """The context of a request: its token is checked first, then it waits for `Darkroom-After`."""
    return Context(request, viewer, request.app.state.resources, read_after)


ReadContext = Annotated[Context, Depends(read_context)]
