"""One request to the API: who asks, when, and what of."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from api.fill_page import Candidates, Hydrate, filled
from api.image_urls import Images
from events.settings import Settings
from projections.store.protocol import Store
from projections.visibility import Sight
from web.etag import answer
from web.pagination import Cursor, Paging, link_to, page
from web.read_your_writes import After
from web.tokens import Viewer

C = TypeVar("C")


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Resources:
    """What the API answers from, for as long as it runs (`app.state.resources`)."""

    settings: Settings
    store: Store
    images: Images
    generations: Mapping[str, int] = field(default_factory=dict[str, int])  # live ones by projection; 1 if not named
    now: Callable[[], datetime] = clock


class Ask:
    """One request. Everything that it reads goes through its `sight`, or is about what that lets through."""

    def __init__(self, request: Request, viewer: UUID, resources: Resources):
        self.request, self.viewer = request, viewer
        self.settings, self.store = resources.settings, resources.store
        self.images, self.generations, self.now = resources.images, resources.generations, resources.now()
        self.sight = Sight(self.store, viewer)

    def answer(self, body: Mapping[str, Any]) -> Response:
        """One thing."""
        return answer(self.request, body)

    async def page(
        self,
        paging: Paging,
        cursor: Cursor,
        candidates: Callable[[tuple[Any, ...], int], Candidates[C]],
        key: Callable[[C], tuple[Any, ...]],
        hydrate: Hydrate[C],
    ) -> Response:
        """One page: `candidates(after, size)` from the cursor on, hydrated, without those that may not be seen."""
        after = cursor.decode(self.settings.token_secret, paging.cursor)
        items, last = await filled(candidates(after, paging.limit + 1), hydrate, paging.limit)
        following = None if last is None else cursor.encode(self.settings.token_secret, key(last))
        return answer(self.request, page(items, following), link_to(self.request, following))


async def asking(request: Request, viewer: Viewer, _: Annotated[None, After]) -> Ask:
    """Who asks is checked first; then it waits for `Darkroom-After`."""
    return Ask(request, viewer, request.app.state.resources)


Asking = Annotated[Ask, Depends(asking)]
Handler = Callable[..., Awaitable[Response]]
