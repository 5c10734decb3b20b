"""The text of `darkroom plan scale`."""

from collections.abc import Iterator
from dataclasses import fields

from events.topics import FACTS
from ops.scale.assumptions import DAYS, Assumptions
from ops.scale.figures import CORES, Figures
from ops.scale.plan import EventLoad, Plan
from ops.scale.rows import Grown

FEW = 0.001  # of all bytes: tables below are named together


def lines(a: Assumptions, figures: Figures, planned: Plan, partitions: int) -> Iterator[str]:
    """The lines that are printed."""
    yield "Assumed, not measured:"
    for one in fields(a):
        yield f"  {getattr(a, one.name):>12,}  {one.metadata['of']}"
    yield f"Measured: {figures.source} ({CORES} cores, with servers and load on them)"
    yield ""
    yield from events(planned)
    yield ""
    yield from topics(planned)
    yield ""
    yield from work(planned)
    yield ""
    yield f"Partitions of a topic: {partitions} are planned with."
    yield f"  {planned.partitions_for_workers:,} at least, so that each worker of the busiest topic has one"
    yield f"  {planned.partitions_for_tables:,} at least, so that no table's partition is too large"
    yield ""
    yield from database(a, planned)
    yield ""
    yield from tables(planned.tables, a.replicas)
    yield ""
    a_year, a_second = planned.log_bytes_a_year / 1e12, planned.log_bytes_a_second / 1e6
    yield f"Kafka, uncompressed, in {a.replicas} copies: {a_second:,.1f} MB/s at the peak"
    yield f"  {a_year:,.1f} TB a year: {planned.brokers_for_a_year:,} brokers for each year"
    yield rebuild(planned, partitions)
    a_day = planned.object_bytes_a_day
    yield f"Objects: {a_day / 1e12:,.1f} TB a day, {a_day * DAYS / 1e15:,.1f} PB a year"


def rebuild(planned: Plan, partitions: int) -> str:
    """How long the topic that takes longest is folded anew."""
    topic, hours = max(planned.rebuild_hours.items(), key=lambda one: one[1])
    return f"Rebuild: a year of {topic} in {hours:,.0f} hours, by {partitions} workers, if the database keeps up"


def events(planned: Plan) -> Iterator[str]:
    """A line for each type of event."""
    yield f"{'event (* derived)':24}{'a day':>13}{'/s, hour':>10}{'/s, nine':>10}{'bytes':>7}{'requests':>10}"
    for one in planned.events:
        name = one.event + (" *" if one.derived else "")
        yield (
            f"{name:24}{one.a_day:>13,.0f}{one.hour:>10,.1f}{one.nine:>10,.1f}"
            f"{one.cost.log_bytes:>7,}{one.cost.requests:>10,}"
        )


def topics(planned: Plan) -> Iterator[str]:
    """A line for each topic, and one for all."""
    yield f"{'topic':24}{'a day':>13}{'/s, hour':>10}{'/s, nine':>10}{'/s, both':>10}"
    for topic in FACTS:
        yield summed(topic, [one for one in planned.events if one.topic == topic])
    yield summed("all", planned.events)
    yield summed("… of them derived", [one for one in planned.events if one.derived])


def summed(name: str, of: list[EventLoad]) -> str:
    """Events of several types in one line."""
    a_day, hour, nine = (sum(each) for each in zip(*((one.a_day, one.hour, one.nine) for one in of), strict=True))
    return f"{name:24}{a_day:>13,.0f}{hour:>10,.1f}{nine:>10,.1f}{hour + nine:>10,.1f}"


def work(planned: Plan) -> Iterator[str]:
    """A line for each kind of process."""
    yield f"{'processes at the peak':24}{'/s':>10}{'one does':>10}{'needed':>8}  measured as"
    for one in planned.work:
        yield f"{one.what:24}{one.rate:>10,.0f}{one.each:>10,.1f}{one.needed:>8,}  {one.figure} ({one.unit})"


def database(a: Assumptions, planned: Plan) -> Iterator[str]:
    """What Cassandra is asked at the peak, and its nodes."""
    of = planned.database
    yield f"{'requests to Cassandra':24}{'/s':>10}"
    for who, rate in of.requests.items():
        yield f"{who:24}{rate:>10,.0f}"
    yield f"{'at the replicas':24}{of.replica_requests:>10,.0f}"
    yield f"  {of.cores:,} cores, at {of.capacity:,.0f} a second each: {of.nodes_for_requests:,} nodes"
    stored = of.bytes_a_year / 1e12
    yield f"  {stored:,.1f} TB a year in {a.replicas} copies: {of.nodes_for_a_year:,} nodes for each year"


def tables(grown: list[Grown], replicas: int) -> Iterator[str]:
    """A line for each table that matters, and one for the others together."""
    yield f"{'table, a year':24}{'million rows':>14}{'bytes a row':>13}{'TB, all copies':>16}"
    total = sum(one.bytes for one in grown)
    small = [one for one in grown if one.bytes < FEW * total]
    for one in grown:
        if one not in small:
            yield row(one, replicas)
    if small:
        name = f"{len(small)} other tables"
        yield row(Grown(name, sum(one.rows for one in small), sum(one.bytes for one in small)), replicas)


def row(one: Grown, replicas: int) -> str:
    """A table's line."""
    each = one.bytes / one.rows
    return f"{one.table:24}{one.rows / 1e6:>14,.1f}{each:>13,.0f}{one.bytes * replicas / 1e12:>16,.2f}"
