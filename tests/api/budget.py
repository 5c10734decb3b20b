"""The budget of reads: what each GET costs in requests to the database, and how it is called to see that it does.

`BUDGETS` has every route of the API, and each screen with all that it can include. docs/screens.md repeats the numbers.
"""

from typing import Any

from api.cache.answers import Answers
from api.cache.store import CachedStore
from projections.store.memory import MemoryStore
from tests.api.world import ApiWorld, named
from tests.projections.counting import CountingStore, Keys

NAMES = {"user": "bo", "roll": "lake", "photo": "dusk"}
OTHERS = {"user": "ada", "roll": "den", "photo": "shown 3"}

# Requests at most. A `{user}` is an id, an `@{user}` a handle: that costs one more to look up, and in a list that names
# many people, whose rows are read with the person's own otherwise, two.
BUDGETS = {
    "/healthz": 0,
    "/metrics": 0,
    "/readyz": 1,
    "/v1/me": 5,
    "/v1/me?include=photos,rejected,rolls": 19,
    "/v1/me/photos": 8,
    "/v1/me/photos?state=developing": 8,
    "/v1/me/photos?state=developed": 8,
    "/v1/me/photos?state=rejected": 8,
    "/v1/users/{user}": 5,
    "/v1/users/@{user}": 6,
    "/v1/users/{user}?include=photos,rolls": 17,
    "/v1/users/{user}/photos": 8,
    "/v1/users/@{user}/photos": 9,
    "/v1/users/{user}/followers": 8,
    "/v1/users/@{user}/followers": 10,
    "/v1/users/{user}/following": 7,
    "/v1/users/{user}/rolls": 11,
    "/v1/rolls/{roll}": 11,
    "/v1/rolls/{roll}?include=photos": 13,
    "/v1/rolls/{roll}?include=photos,members": 17,
    "/v1/rolls/{roll}/photos": 8,
    "/v1/rolls/{roll}/members": 9,
    "/v1/photos/{photo}": 7,
    "/v1/photos/{photo}?include=comments": 9,
    "/v1/photos/{photo}/likers": 10,
    "/v1/photos/{photo}/comments": 7,
}

# Why a page costs more than eight, and a thing more than five. Each of these reads is of another table.
MORE_THAN_EIGHT = {
    "/v1/users/@{user}/photos": "who has the handle",
    "/v1/users/@{user}/followers": "who has the handle, and their row",
    "/v1/users/{user}/rolls": "thumbs and covers: the newest of each roll, chosen photos, and whether owners hide",
    "/v1/rolls/{roll}": "as a list of rolls, and when the next of its photos is ready",
    "/v1/rolls/{roll}/members": "sizes and relations of people, and whether the viewer may see the roll",
    "/v1/photos/{photo}/likers": "sizes and relations of people, and whether the viewer may see the photo",
}


# What is read of each viewer at most: roles, likes, rolls and people that they follow, and who follows them.
OWN = 5


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


async def requests_of(world: ApiWorld, path: str, who: str, *before: str) -> int:
    """How many requests an answer costs somebody, once others have asked for the same, in order, within the second."""
    memory: Any = world.store
    counting = CountingCalls(memory)
    world.store, world.cache = counting, CachedStore(counting, Answers(3600.0, 1 << 30))
    try:
        async with world.api() as api:
            get = api.get if path.startswith("/v1/") else lambda _, path: api.client.get(path)
            for other in before:
                await get(other, path)
            counting.calls = 0
            answer = await get(who, path)
            assert answer.status_code == 200, (path, answer.text)
            return counting.calls
    finally:
        world.store, world.cache = memory, None
