"""What the cache does, by table, for Prometheus."""

from collections.abc import Callable
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from api.cache.sizes import Made
from projections.store.table import Table

SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10, 30, 60)
HIT, SHARED, JOINED, MISS = "hit", "shared", "joined", "miss"


class CacheMetrics:
    """Counts answers by where they came from, what is held and dropped, and how old it was when it was given.

    - hit: kept by the process. shared: kept by the fleet. joined: read by somebody who asked just before. miss: read.
    """

    def __init__(self) -> None:
        outcomes = ("table", "outcome")
        self._answers = Counter("darkroom_cache_answers", "Rows and slices asked for.", outcomes, registry=None)
        self._evictions = Counter("darkroom_cache_evictions", "Answers dropped to make room.", ["table"], registry=None)
        self._bytes = Gauge("darkroom_cache_bytes", "Bytes held, by estimate.", ["table"], registry=None)
        self._ages = Histogram(
            "darkroom_cache_hit_age_seconds",
            "Age of the oldest answer of each read that was answered from the process's cache at least in part.",
            ["table"],
            buckets=SECONDS,
            registry=None,
        )
        # A child is looked up by its labels each time, which costs more than counting.
        self._answers_of: Callable[[str, str], Any] = cache(self._answers.labels)
        self._ages_of: Callable[[str], Any] = cache(self._ages.labels)

    def register(self, registry: CollectorRegistry) -> None:
        """Shows these metrics among a registry's."""
        for metric in (self._answers, self._evictions, self._bytes, self._ages):
            registry.register(metric)

    def answered(self, table: Table | Made, outcome: str, count: int) -> None:
        """Counts answers: HIT, SHARED, JOINED or MISS."""
        if count:
            self._answers_of(table.name, outcome).inc(count)

    def aged(self, table: Table | Made, seconds: float) -> None:
        """Notes how old the oldest kept answer of a read was."""
        self._ages_of(table.name).observe(seconds)

    def holds(self, table: Table | Made, size: Callable[[], int]) -> None:
        """Notes how to ask how many bytes of a table are held."""
        self._bytes.labels(table.name).set_function(size)

    def evicted(self, table: Table | Made) -> None:
        """Counts an answer that was dropped to make room."""
        self._evictions.labels(table.name).inc()
