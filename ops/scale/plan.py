"""The arithmetic of `darkroom plan scale`: from assumptions, costs and figures to what is needed. No server is asked.

The busiest moment is the busiest hour of the whole service, with nine o'clock of the largest zone on top of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from events.codec import topic_of
from events.generated import Event, PhotoAddedToRoll, PhotoDeveloped, PhotoLiked, PhotoTaken
from events.topics import FACTS
from ops.partition_plan import Extremes
from ops.partition_plan import plan as planned_partitions
from ops.scale.assumptions import AT_NINE, DAYS, DERIVED, Assumptions, at_nine, events_a_day, in_peak_hour
from ops.scale.costs import Cost, costs
from ops.scale.figures import CORES, SCREENS, Figures
from ops.scale.rows import Grown, a_year
from ops.scale.writes import ASKED, PAXOS, asked_a_day

MOST_PARTITIONS = 4096


@dataclass(frozen=True, slots=True)
class EventLoad:
    """Events of one type: how many a day, a second in the busiest hour and at nine, and what one costs."""

    event: str
    topic: str
    derived: bool
    a_day: float
    hour: float
    nine: float
    cost: Cost

    @property
    def peak(self) -> float:
        """A second, in the busiest moment."""
        return self.hour + self.nine


@dataclass(frozen=True, slots=True)
class Work:
    """Work at the peak: how much a second, how much one process does by which figure, and how many are needed."""

    what: str
    rate: float
    unit: str
    each: float
    figure: str
    needed: int


@dataclass(frozen=True, slots=True)
class Database:
    """Requests a second at the peak by who makes them, what they are at the replicas, and the nodes for them.

    `capacity`: requests a second of a core, as measured."""

    requests: Mapping[str, float]
    replica_requests: float
    capacity: float
    cores: int
    nodes_for_requests: int
    bytes_a_year: float
    nodes_for_a_year: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All that `darkroom plan scale` prints."""

    events: list[EventLoad]
    work: list[Work]
    partitions_for_workers: int
    partitions_for_tables: int
    tables: list[Grown]
    database: Database
    log_bytes_a_year: float
    log_bytes_a_second: float
    brokers_for_a_year: int
    object_bytes_a_day: float
    rebuild_hours: Mapping[str, float]  # of a year's events of each topic, by as many workers as it has partitions


def plan(a: Assumptions, figures: Figures, partitions: int) -> Plan:
    """What so many people need, with so many partitions a topic."""
    a_day = events_a_day(a)
    cost = costs(a_day)
    events = [load_of(a, kind, a_day[kind], cost[kind]) for kind in a_day]
    asks = asked_a_day(a, a_day)
    writes = sum(in_peak_hour(a, asks[kind]) * len(ASKED[kind]) for kind in asks)
    screens = screens_at_peak(a)
    projecting = {topic: projectors(events, topic, cost, figures, a) for topic in FACTS}
    film = in_peak_hour(a, a_day[PhotoTaken])
    due = at_nine(a, a_day[PhotoDeveloped])
    work = [
        process(a, "gateway", writes, "requests", figures["peer_write"], "peer_write"),
        *projecting.values(),
        process(a, "filter, a core each", film, "photos", 1000 / figures["filter"], "filter"),
        process(a, "develop", due, "photos", figures["develop"], "develop"),
        *([process(a, "expand", due, "photos", figures["expand"], "expand")] if "expand" in figures.ours else []),
        process(a, "API", screens, "screens", figures.screens, "peer_*_cold"),
    ]
    tables = a_year(a, a_day, cost, partitions)
    stored = a.replicas * sum(one.bytes for one in tables)
    record_bytes = [(one, one.cost.log_bytes * a.replicas) for one in events]
    log_bytes = sum(DAYS * one.a_day * size for one, size in record_bytes)
    return Plan(
        events=events,
        work=work,
        partitions_for_workers=max(one.needed for one in projecting.values()),
        partitions_for_tables=partitions_for_tables(a, a_day),
        tables=tables,
        database=database(a, events, asks, screens, figures, cost, stored),
        log_bytes_a_year=log_bytes,
        log_bytes_a_second=sum(one.peak * size for one, size in record_bytes),
        brokers_for_a_year=max(a.replicas, ceil(log_bytes / (a.broker_tb * 1e12))),
        object_bytes_a_day=a_day[PhotoTaken] * a.photo_mb * 1e6,
        rebuild_hours={topic: rebuild_hours(events, topic, partitions * projecting[topic].each) for topic in FACTS},
    )


def load_of(a: Assumptions, kind: type[Event], a_day: float, cost: Cost) -> EventLoad:
    """The load of one type of event."""
    hour, nine = (0.0, at_nine(a, a_day)) if kind in AT_NINE else (in_peak_hour(a, a_day), 0.0)
    return EventLoad(kind.__name__, topic_of(kind), kind in DERIVED, a_day, hour, nine, cost)


def screens_at_peak(a: Assumptions) -> float:
    """Screens a second: those of the busiest hour, and of those who look at what has just developed."""
    opened = a.active_people * a.opens_at_nine * a.screens_at_nine
    return in_peak_hour(a, a.active_people * a.screens) + at_nine(a, opened)


def process(a: Assumptions, what: str, rate: float, unit: str, each: float, figure: str) -> Work:
    """So much work, for processes of which each does so much where it does nothing else."""
    return Work(what, rate, unit, each, figure, ceil(rate / (each * a.busy)))


def projectors(
    events: list[EventLoad], topic: str, cost: Mapping[type[Event], Cost], figures: Figures, a: Assumptions
) -> Work:
    """The workers for a topic's projections. What was measured is one type of event; another costs as its requests."""
    figure, kind = ("apply_tally", PhotoLiked) if topic in ("graph", "reactions") else ("apply_rows", PhotoAddedToRoll)
    each = figures[figure] * cost[kind].requests
    return process(a, f"worker: {topic}", requests_of(events, topic), "database requests", each, figure)


def requests_of(events: list[EventLoad], topic: str) -> float:
    """The requests a second that folding a topic's events makes at the peak."""
    return sum(one.peak * one.cost.requests for one in events if one.topic == topic)


def rebuild_hours(events: list[EventLoad], topic: str, rate: float) -> float:
    """How many hours folding a year of a topic anew takes, at so many requests a second."""
    return DAYS * sum(one.a_day * one.cost.requests for one in events if one.topic == topic) / rate / 3600


def partitions_for_tables(a: Assumptions, a_day: Mapping[type[Event], float]) -> int:
    """The least power of two for which no table's partition is too large (`darkroom plan partitions`), with all that
    is due at nine in the largest zone. Raises ValueError if none up to 4,096 is."""
    extremes = Extremes(due=max(1, ceil(a_day[PhotoDeveloped] * a.largest_zone)))
    number = 1
    while any(one.too_large for one in planned_partitions(extremes, number)):
        number *= 2
        if number > MOST_PARTITIONS:
            raise ValueError(f"no number of partitions up to {MOST_PARTITIONS} keeps every table's partitions small")
    return number


def database(
    a: Assumptions,
    events: list[EventLoad],
    asks: Mapping[type[Event], float],
    screens: float,
    figures: Figures,
    cost: Mapping[type[Event], Cost],
    stored: float,
) -> Database:
    """The database's load at the peak. A read asks a quorum of a row's replicas, a write all of them."""
    requests = {"workers": 0.0, "gateway": 0.0, "API": screens * sum(SCREENS.values()) / len(SCREENS)}
    quorum = a.replicas // 2 + 1
    at_replicas = requests["API"] * quorum
    for one in events:
        requests["workers"] += one.peak * one.cost.requests
        at_replicas += one.peak * (one.cost.reads * quorum + one.cost.writes * a.replicas)
    for kind, a_day in asks.items():
        rate = in_peak_hour(a, a_day)
        for each in ASKED[kind]:
            requests["gateway"] += rate * (each.reads + each.transactions + each.writes)
            at_replicas += rate * (each.reads * quorum + (each.transactions * PAXOS + each.writes) * a.replicas)
    capacity = figures["apply_rows"] * cost[PhotoAddedToRoll].requests / CORES
    cores = ceil(at_replicas / (capacity * a.busy))
    least = a.replicas  # fewer nodes couldn't hold so many copies
    return Database(
        requests=requests,
        replica_requests=at_replicas,
        capacity=capacity,
        cores=cores,
        nodes_for_requests=max(least, ceil(cores / a.node_cores)),
        bytes_a_year=stored,
        nodes_for_a_year=max(least, ceil(stored / (a.node_tb * 1e12))),
    )
