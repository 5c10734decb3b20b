"""When the next of some photos develops: asked of the times at which any do, an index beside a bucketed list."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from projections.buckets import place_of
from projections.store.protocol import Store
from projections.store.scan import scan
from projections.store.table import Table

TIMES = 10  # read at a time: photos are due tomorrow at nine, so that few times are still to come
ROWS = 20  # of the photos of a time that are read at a time: mostly the first one is still developing


async def next_time(
    store: Store,
    entity: UUID,
    now: datetime,
    *,
    times: Table,
    table: Table,
    bucket_of: Callable[[datetime], str],
    develops: Callable[[Any], bool],
) -> datetime | None:
    """The first time after `now` at which one of an entity's photos develops; None if none does.

    - `times`: the entity's times, each once, in order; never removed.
    - `table`, `bucket_of`: its photos, see `newest_rows`; their first clustering column is `develops_at`.
    - `develops`: whether a row is of a photo that will develop.

    Two requests, or one if nothing is to come; two more for a time of which no photo is left, or fewer. Raises
    StoreUnavailable."""
    async for due in scan(store, times, entity, after=(now,), size=TIMES):
        at = due.develops_at
        async for row in scan(store, table, place_of(entity, bucket_of(at)), upto=(at,), size=ROWS):
            if row.develops_at != at:
                break
            if develops(row):
                return at
    return None
