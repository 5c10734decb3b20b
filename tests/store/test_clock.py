"""The database says what time it is, to whoever may write read models."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

from projections.store.cassandra import CassandraStore
from projections.store.clock import database_time
from projections.store.protocol import Store
from tests.kit import run

MILLISECOND = timedelta(milliseconds=1)


def test_the_database_says_what_time_it_is(cassandra: Callable[[], Store]) -> None:
    async def asked() -> datetime:
        return await database_time(cast(CassandraStore, cassandra()))

    before = datetime.now(UTC)
    at = run(asked())  # by the same machine's clock, here
    assert before - MILLISECOND <= at <= datetime.now(UTC)
