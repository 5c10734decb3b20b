"""The budget of reads: what each GET costs in requests to the database, and how it is called to see that it does.

`BUDGETS` has every route of the API, and each screen with all that it can include. docs/screens.md repeats the numbers.
"""

from collections.abc import Callable
from typing import Any

from projections.store.memory import MemoryStore
from projections.store.protocol import Store
from tests.api.world import ApiWorld, named
from tests.projections.counting import CountingStore, Keys

NAMES = {"user": "bo", "roll": "lake", "photo": "dusk"}
OTHERS = {"user": "ada", "roll": "den", "photo": "shown 3"}

# Requests at most, by what is asked for. `{user}` is an id; @{user} a handle, of which the page's people come later.
BUDGETS = {
    "/healthz": 0,
    "/metrics": 0,
    "/readyz": 1,
    "/v1/me": 0,
    "/v1/me?include=photos,rejected,rolls": 0,
    "/v1/me/photos": 0,
    "/v1/me/photos?state=developing": 0,
    "/v1/me/photos?state=developed": 0,
    "/v1/me/photos?state=rejected": 0,
    "/v1/users/{user}": 0,
    "/v1/users/@{user}": 0,
    "/v1/users/{user}?include=photos,rolls": 0,
    "/v1/users/{user}/photos": 0,
    "/v1/users/@{user}/photos": 0,
    "/v1/users/{user}/followers": 0,
    "/v1/users/{user}/following": 0,
    "/v1/users/{user}/rolls": 0,
    "/v1/rolls/{roll}": 0,
    "/v1/rolls/{roll}?include=photos": 0,
    "/v1/rolls/{roll}?include=photos,members": 0,
    "/v1/rolls/{roll}/photos": 0,
    "/v1/rolls/{roll}/members": 0,
    "/v1/photos/{photo}": 0,
    "/v1/photos/{photo}?include=comments": 0,
    "/v1/photos/{photo}/likers": 0,
    "/v1/photos/{photo}/comments": 0,
}


class CountingCalls(CountingStore):
    """Counts calls: each is one request where it names `KEYS_A_REQUEST` keys at most."""

    def __init__(self, store: MemoryStore):
        super().__init__(store)
        self.calls = 0

    def _count(self, keys: Keys) -> None:
        super()._count(keys)
        self.calls += 1


def path_of(template: str, names: dict[str, str], limit: int | None = None) -> str:
    """The path that asks for a thing of the crowded world, and so many of a list's items."""
    for kind, name in names.items():
        template = template.replace(f"@{{{kind}}}", f"@{name}").replace(f"{{{kind}}}", str(named(name)))
    return template if limit is None else f"{template}{'&' if '?' in template else '?'}limit={limit}"


async def requests_of(
    world: ApiWorld, who: str, path: str, wrap: Callable[[Store], Store] = lambda store: store, again: int = 0
) -> int:
    """How many requests an answer costs, once the same was asked for `again` times before.

    `wrap` is what stands between the API and the store whose requests are counted."""
    memory: Any = world.store
    counting = CountingCalls(memory)
    world.store = wrap(counting)
    try:
        async with world.api() as api:
            for _ in range(again):
                await api.get(who, path)
            counting.calls = 0
            answer = await api.get(who, path)
            assert answer.status_code == 200, (path, answer.text)
            return counting.calls
    finally:
        world.store = memory
