"""api: requests a second for a page of a roll's photos (30), against a bare ASGI app that does the same reads.

Both run in uvicorn with the same settings, one process each; the load comes from another. Both keep image signatures.
page_p50: how long such a page takes one client, in reads of a single row by the driver.
"""

import time
from statistics import median

from bench.harness.api_data import Size, dataset
from bench.harness.figure import Figure, paired
from bench.harness.folding import fill
from bench.harness.load import prepare, send_again
from bench.harness.rates import compare, figure_of
from bench.harness.screens import roll_photos
from bench.harness.servers import BenchServers
from bench.harness.serving import OURS, Service, served
from events.settings import Settings
from events.topics import FACTS
from projections.accounts.users import USERS
from projections.store.cassandra import connect, disconnect
from projections.store.roles import API

REFERENCE = Service("bench.reference.api:app")
READS = 300


def measure(servers: BenchServers) -> dict[str, Figure]:
    """Measures both sides, one page at a time and sixteen at once."""
    seconds, rounds = (15.0, 5) if servers.large else (3.0, 3)
    settings = servers.keyspace("api_page", *FACTS)
    data = dataset(Size(circles=2))
    fill(settings, data.events)
    asks = [ask for circle in data.circles for ask in roll_photos(settings, circle)]
    with served(settings, OURS, REFERENCE) as (ours, bare):
        for side in (ours, bare):
            prepare(side, asks)
        at_once, alone = (compare(ours, bare, clients=each, seconds=seconds, rounds=rounds) for each in (16, 1))
        read_ms: list[float] = []
        page_ms: list[float] = []
        for _ in range(rounds):
            page_ms.append(send_again(ours, clients=1, seconds=seconds).p50)
            read_ms.append(one_row(settings))
    return {
        "api": figure_of(at_once, alone),
        "page_p50": paired(ours=page_ms, reference=read_ms, unit="ms"),
    }


def one_row(settings: Settings) -> float:
    """Reads one row over and over, as plainly as the driver does it; returns the median in milliseconds."""
    session = connect(settings, API, settings.api_password)
    try:
        row = session.execute(f"SELECT user_id FROM {settings.keyspace}.{USERS.name}_1 LIMIT 1").one()
        query = session.prepare(f"SELECT * FROM {settings.keyspace}.{USERS.name}_1 WHERE user_id = ?")
        took: list[float] = []
        for _ in range(READS):
            began = time.perf_counter()
            session.execute(query, row)
            took.append((time.perf_counter() - began) * 1000)
        return median(took[READS // 3 :])
    finally:
        disconnect(session)
