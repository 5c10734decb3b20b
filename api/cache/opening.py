"""Opens the cache that the settings ask for."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from api.cache.answers import Answers
from api.cache.fleet import FleetAnswers
from api.cache.redis_server import dialer, place_of
from api.cache.store import CachedStore
from events.reachability import reachability
from events.settings import Settings
from projections.store.protocol import Store


@asynccontextmanager
async def opened_cache(settings: Settings, store: Store) -> AsyncGenerator[CachedStore | None, None]:
    """A cache of a store's rows for the block, or None where none is wanted."""
    if not settings.cache_seconds:
        yield None
        return
    fleet = fleet_of(settings) if settings.cache else None
    answers = Answers(settings.cache_seconds, settings.cache_bytes, fleet=fleet)
    try:
        yield CachedStore(store, answers)
    finally:
        await answers.close()


def fleet_of(settings: Settings) -> FleetAnswers:
    """The fleet's answers, in the server that the settings name. Raises ValueError if that isn't the URL of one."""
    reachable = reachability(f"The shared cache at {place_of(settings.cache)}")
    dial = dialer(settings.cache)
    return FleetAnswers(dial, reachable, keyspace=settings.keyspace, seconds=settings.cache_seconds)
