"""Fills a page from candidates: takes some, hydrates them, drops what the viewer may not see, and takes more."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from projections.store.table import Table, clustering_key

C = TypeVar("C")
Candidates = AsyncIterator[C]
Hydrate = Callable[[Sequence[C]], Awaitable[Sequence[dict[str, Any] | None]]]
SCAN_CAP = 300  # candidates looked at for one page, at most about so many


async def fill_page(
    candidates: Candidates[C], hydrate: Hydrate[C], limit: int, cap: int = SCAN_CAP
) -> tuple[list[dict[str, Any]], C | None]:
    """At most `limit` items, and the candidate after which the next page begins, or None at the end.

    The page is shorter only at the end of the list, or once `cap` candidates were looked at. One candidate more than is
    wanted is taken each time, to know whether the list goes on."""
    items: list[dict[str, Any]] = []
    scanned = 0
    ahead: list[C] = []
    async with aclosing(closable(candidates)) as source:
        while True:
            wanted = limit - len(items)
            ahead += await next_items(source, wanted + 1 - len(ahead))
            now, ahead = ahead[:wanted], ahead[wanted:]
            if now:
                items += [item for item in await hydrate(now) if item is not None]
                scanned += len(now)
            if not ahead:
                return items, None
            if len(items) == limit or scanned >= cap:
                return items, now[-1]


async def closable(candidates: AsyncIterator[C]) -> AsyncGenerator[C, None]:
    """The same candidates, as a generator that can be closed: that ends the reads behind them."""
    async for candidate in candidates:
        yield candidate


async def next_items(items: AsyncIterator[C], most: int) -> list[C]:
    """The next items of an iterator, at most so many; fewer only at its end."""
    found: list[C] = []
    while len(found) < most:
        try:
            found.append(await anext(items))
        except StopAsyncIteration:
            break
    return found


async def one_by_one(
    read: Callable[[tuple[Any, ...], int], Awaitable[list[C]]], table: Table, after: tuple[Any, ...], size: int
) -> AsyncIterator[C]:
    """The rows of a table's list past the key `after`: `read(after, size)` gives the next of them, fewer at its end."""
    while True:
        rows = await read(after, size)
        for row in rows:
            yield row
        if len(rows) < size:
            return
        after = clustering_key(table, rows[-1])
