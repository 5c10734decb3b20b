"""Opens the cache that the settings ask for."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from api.cache.answers import Answers
from api.cache.store import CachedStore
from events.settings import Settings
from projections.store.protocol import Store


@asynccontextmanager
async def opened_cache(settings: Settings, store: Store) -> AsyncGenerator[CachedStore | None, None]:
    """A cache of a store's rows for the block, or None where none is wanted."""
    if not settings.cache_seconds:
        yield None
        return
    answers = Answers(settings.cache_seconds, settings.cache_bytes)
    try:
        yield CachedStore(store, answers)
    finally:
        await answers.close()
