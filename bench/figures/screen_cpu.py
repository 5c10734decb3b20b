"""Measures what a screen costs our process in CPU, without servers: `python -m bench.figures.screen_cpu`.

The app is called in this process, over a store whose answers are in memory as they would arrive. So what counts is our
own Python: neither uvicorn nor the driver is in it. What the driver adds is said as requests to the database.

- cold: nothing is kept; each request is measured by itself.
- others: somebody else has just asked for the same thing; the rows of the circles are kept.
- warm: the same person has just asked.
"""

import asyncio
import cProfile
import pstats
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click
import uvloop
from fastapi import FastAPI

from api.app import build
from api.cache.answers import Answers
from api.cache.store import CachedStore
from api.context import Resources
from api.image_urls import ImageUrls
from bench.harness.api_data import Circle, Size, dataset
from bench.harness.folding import fold
from bench.harness.load import Ask
from bench.harness.screens import SCREENS
from bench.harness.serving import token
from events.settings import Settings
from projections.store.memory import MemoryStore
from web.tokens import read_token

HOUR, BYTES = 3600.0, 1 << 29
MOST = 60  # requests a round
KINDS = ("cold", "others", "warm")
SETTINGS = Settings.model_validate({"token_secret": "t" * 40, "handle_secret": "h" * 40, "s3_secret_key": "s" * 40})
READS = ("get", "get_many", "slice", "slice_many", "merge_slices", "pick", "pick_many")


class Recorded(MemoryStore):
    """A store that answers what it was asked before at once, as if the answer had just arrived. It counts requests, and
    the seconds that it took itself."""

    def __init__(self) -> None:
        super().__init__()
        self.requests, self.seconds = 0, 0.0
        self._answers: dict[Any, Any] = {}
        for name in READS:
            setattr(self, name, self._recorded(name, getattr(super(), name)))

    def _recorded(self, name: str, read: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def recorded(*asked: Any, **bounds: Any) -> Any:
            self.requests, began = self.requests + 1, time.perf_counter()
            question = f"{name} {asked!r} {bounds!r}"
            if question not in self._answers:
                self._answers[question] = await read(*asked, **bounds)
            self.seconds += time.perf_counter() - began
            return self._answers[question]

        return recorded


@dataclass
class Cost:
    """What requests cost one by one: milliseconds of CPU, and requests to the database."""

    milliseconds: list[float] = field(default_factory=list[float])
    requests: int = 0

    def __str__(self) -> str:
        count = len(self.milliseconds)
        mean, least = sum(self.milliseconds) / count, sorted(self.milliseconds)[count // 2]
        return f"{mean:6.2f} ms (median {least:.2f}) {self.requests / count:5.1f} requests"


async def send(app: FastAPI, ask: Ask) -> None:
    """Sends one request to the app. Raises RuntimeError for an answer that isn't what was expected."""
    path, _, query = ask.path.partition("?")
    body, status = b"", 0
    headers = [(b"host", b"bench"), (b"authorization", f"Bearer {ask.token}".encode())]

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def take(message: Any) -> None:
        nonlocal body, status
        status = message.get("status", status)
        body += message.get("body", b"")

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": ask.method, "scheme": "http"}
    scope |= {"path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": headers}
    await app(scope | {"root_path": "", "client": ("bench", 1), "server": ("bench", 80)}, receive, take)
    if status != ask.status or body.count(ask.mark.encode()) != ask.times:
        raise RuntimeError(f"{ask.path}: {status}, {body.count(ask.mark.encode())} of {ask.times}: {body[:200]!r}")


@asynccontextmanager
async def opened(circles: int) -> AsyncGenerator[tuple[FastAPI, Recorded, list[Circle]]]:
    """Runs our app over some circles of people, at a moment that doesn't pass."""
    store, data = Recorded(), dataset(Size(circles=circles))
    await fold(store, data.events)
    now = datetime.now(UTC)

    @asynccontextmanager
    async def resources() -> AsyncGenerator[Resources]:
        yield Resources(SETTINGS, store, ImageUrls(SETTINGS), now=lambda: now, cache=new_cache(store))

    app = build(resources)
    async with app.router.lifespan_context(app):
        yield app, store, data.circles


def new_cache(store: Recorded) -> CachedStore:
    """Makes a cache with nothing in it."""
    return CachedStore(store, Answers(HOUR, BYTES))


async def cost_of(app: FastAPI, store: Recorded, asks: list[Ask], *, cold: bool = False) -> Cost:
    """Measures each of some requests once; if `cold`, each with an empty cache."""
    cost = Cost()
    for ask in asks:
        if cold:
            app.state.resources = replace(app.state.resources, cache=new_cache(store))
        store.requests, store.seconds, began = 0, 0.0, time.process_time()
        await send(app, ask)
        cost.milliseconds.append((time.process_time() - began - store.seconds) * 1000)
        cost.requests += store.requests
    return cost


def by_another(asks: list[Ask], people: list[UUID], step: int) -> list[Ask]:
    """The same requests, each by the person who is so many steps behind who made it."""
    viewers = [people.index(read_token(SETTINGS, ask.token)) for ask in asks]
    return [
        replace(ask, token=token(SETTINGS, people[(viewer + step) % len(people)]))
        for ask, viewer in zip(asks, viewers, strict=True)
    ]


async def measure(names: list[str], rounds: int, profile: str | None) -> None:
    """Measures screens, and prints what they cost; with `profile`, where the time of one kind of them goes."""
    async with opened(circles=1) as (app, store, (circle,)):
        for name in names:
            asks = SCREENS[name](SETTINGS, circle)[:MOST]
            for kind in KINDS:
                sent = [
                    by_another(asks, circle.people, step) if kind == "others" else asks for step in range(1, rounds + 1)
                ]
                await cost_of(app, store, asks, cold=kind == "cold")
                if kind == "cold":  # once more, as the first time the store had to look
                    await cost_of(app, store, asks, cold=True)
                profiler = cProfile.Profile() if profile == kind else None
                if profiler:
                    profiler.enable()
                costs = [await cost_of(app, store, each, cold=kind == "cold") for each in sent]
                if profiler:
                    profiler.disable()
                    pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
                total = Cost([ms for each in costs for ms in each.milliseconds], sum(each.requests for each in costs))
                click.echo(f"{name:20} {kind:6} {total}")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1)
@click.option("--rounds", type=click.IntRange(1, 9), default=3, show_default=True, help="Of the same requests.")
@click.option("--profile", type=click.Choice(KINDS), help="Say where the time goes.")
def main(names: tuple[str, ...], rounds: int, profile: str | None) -> None:
    """Measure milliseconds of CPU a screen: roll_page, profile, photo_with_comments, my_rolls."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(list(names or SCREENS), rounds, profile))


if __name__ == "__main__":
    main()
