"""The cache under the API: a page is the same for a second, and shows at once what its reader has written."""

import pytest

from api.cache.answers import Answers
from api.cache.store import CachedStore
from events.generated import Event
from projections.store.memory import MemoryStore
from tests import given
from tests.api.world import ApiWorld
from tests.given import named

pytestmark = pytest.mark.anyio


def cached_world() -> ApiWorld:
    store = MemoryStore()
    return ApiWorld(store, cache=CachedStore(store, Answers(3600.0, 10_000_000)))


async def written(world: ApiWorld, event: Event) -> str:
    """The positions of an event that happens, as the gateway's answer tells them."""
    before = {partition: len(records) for partition, records in world.log.partitions.items()}
    await world.given(event)
    after = {partition: len(records) for partition, records in world.log.partitions.items()}
    return ",".join(
        f"{topic}-{partition}@{end - 1}"
        for (topic, partition), end in after.items()
        if end > before.get((topic, partition), 0)
    )


async def test_a_like_is_shown_to_whoever_names_its_position_though_the_page_was_kept_a_moment_before() -> None:
    """Seen to fail where the position's moment is ignored."""
    world = cached_world()
    await world.given(world.person("ada"), world.person("bob"), *world.developed("dusk", "ada", on_profile=True))
    path = f"/v1/photos/{named('dusk')}"
    async with world.api() as api:
        before = (await api.get("bob", path)).json()
        position = await written(world, world.liked("dusk", "bob"))
        assert (await api.get("bob", path)).json() == before
        after = await api.get("bob", path, Darkroom_After=position)
        assert "darkroom-stale" not in after.headers
        assert after.json()["counts"]["likes"] == before["counts"]["likes"] + 1
        assert (after.json()["viewer"]["liked"], before["viewer"]["liked"]) == (True, False)
        assert (await api.get("bob", path)).json() == after.json()


async def test_what_was_not_passed_in_time_is_answered_with_what_is_there_now() -> None:
    world = cached_world()
    await world.given(world.person("ada"))
    async with world.api() as api:
        before = (await api.get("ada", "/v1/me")).json()
        hidden = given.profile_changed(**world.begin(), user_id=named("ada"), display_name="Countess")
        await world.given(hidden)
        assert (await api.get("ada", "/v1/me")).json() == before
        api.app.state.projection_waiter._most = 0  # it turns everybody away at once
        answer = await api.get("ada", "/v1/me", Darkroom_After="accounts-0@1000000")
        assert answer.headers["darkroom-stale"] == "true"
        assert answer.json()["display_name"] == "Countess"


async def test_what_the_cache_does_is_among_the_metrics() -> None:
    world = cached_world()
    await world.given(world.person("ada"))
    async with world.api() as api:
        await api.json("ada", "/v1/me")
        for _ in range(2):
            await api.json("ada", "/v1/users/@ada")
        told = (await api.client.get("/metrics")).text
        assert 'darkroom_cache_answers_total{outcome="miss",table="users"} 1.0' in told
        assert 'darkroom_cache_answers_total{outcome="hit",table="users"} ' in told
        assert 'darkroom_cache_bytes{table="users"}' in told
        assert 'darkroom_cache_answers_total{outcome="hit",table="screens"} 1.0' in told
        assert 'darkroom_cache_bytes{table="views"}' in told
        assert 'darkroom_cache_hit_age_seconds_count{table="users"}' in told
