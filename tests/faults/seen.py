"""Each protection taken out once, to see its test fail: `python -m tests.faults.seen [PROTECTION...]`.

A line a protection: what was taken out, the fault, and what came of it. Exit status 0 only if every one was missed, in
the way that it should be.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence

from tests.faults import processes
from tests.faults.network import Server, network
from tests.faults.on_backups import restored_from_snapshots
from tests.faults.on_clocks import Early, Shown, clock_ahead, developed_by_a_clock_ahead
from tests.faults.on_gateway import killed_before_its_answer
from tests.faults.on_logs import cut_and_grown, wrong_retention
from tests.faults.on_network import BOUND, Recovery, cut
from tests.faults.on_photos import film_workers_killed, object_store_gone, wrong_bucket
from tests.faults.on_power import all_killed
from tests.faults.on_servers import node_killed, registry_gone, restored_from_a_backup
from tests.faults.on_workers import come_and_go, killed_at, stopped_and_woken
from tests.faults.system import System, system
from tests.faults.three import three_nodes

PATIENCE = 90.0  # seconds: what a fault must be over in, with its protection

Fault = Callable[[System, str], object]


def at(place: str) -> Fault:
    """A worker killed at a place."""
    return lambda made, without: killed_at(made, place, without)


def behind(place: str) -> Fault:
    """The same, with so much to do that batches wait behind the one that is worked on."""

    def fault(made: System, without: str) -> float:
        made.append(BACKLOG)
        return killed_at(made, place, without)

    return fault


def cut_off(*servers: Server, seconds: float) -> Fault:
    """Servers cut off from far processes."""
    return lambda made, without: cut(made, *servers, lengths=(seconds,), without=without)


def made_again(made: System, without: str) -> float:
    """No fault: a world makes some facts again within the window, which a producer does that never got its answer."""
    made.start(without=without)
    made.append(BACKLOG)
    made.catch_up()
    return 0.0


def restored(made: System, without: str) -> float:
    """A backup that took seconds is restored."""
    return restored_from_snapshots(made, seconds=5.0, without=without)


BACKLOG = 10_000  # facts
DIFFERENT, STUCK, REJECTED, TWICE = "differences", "not within", "photos rejected", "opened twice"
LATE, UNHEARD_OF = "s after the heal", "lines that must not be there"
SEEN, EARLY, WENT_ON = "shown early", "developed early", "no refusal"

# What is taken out, the fault, what makes it happen, and what is to come of it (a pattern).
CASES: Sequence[tuple[str, str, Fault, str]] = (
    ("rows_before_progress", "SIGKILL at after-decode", at("after-decode:9"), DIFFERENT),
    ("rows_before_progress", "SIGKILL at mid-write", at("mid-write:9"), DIFFERENT),
    ("rows_before_progress", "SIGKILL at tally-read", at("tally-read:30"), DIFFERENT),
    ("rows_before_progress", "SIGKILL at before-counts", at("before-counts:9"), DIFFERENT),
    ("members_read", "SIGKILL at after-rows", at("after-rows:9"), DIFFERENT),
    ("progress_as_start", "SIGKILL at after-progress", behind("after-progress:60"), DIFFERENT),
    ("progress_as_start", "workers join, and leave on SIGTERM", come_and_go, f"{DIFFERENT}|{STUCK}"),
    ("offset_stamps", "SIGSTOP, and SIGCONT later", lambda made, w: stopped_and_woken(made, 30, w), DIFFERENT),
    ("healing", "Cassandra restored from a backup", restored_from_a_backup, DIFFERENT),
    ("schema_cache", "registry gone, schemas known", registry_gone, STUCK),
    ("registry_retries", "registry gone, schemas unknown", registry_gone, DIFFERENT),
    ("object_retries", "S3 gone", object_store_gone, REJECTED),
    ("forgetful", "SIGKILL of the gateway", killed_before_its_answer, TWICE),
    ("keepalive", "Kafka cut for 20 s", cut_off("kafka", seconds=20), f"{LATE}|{STUCK}"),
    ("prompt_brokers", "Kafka cut for 60 s", cut_off("kafka", seconds=60), f"{LATE}|{STUCK}"),
    ("prompt_nodes", "Cassandra cut for 60 s", cut_off("cassandra", seconds=60), f"{LATE}|{STUCK}"),
    ("calls_on_the_lease", "Kafka and Cassandra cut for 20 s", cut_off("kafka", "cassandra", seconds=20), UNHEARD_OF),
    ("own_commits", "Kafka cut for 20 s", cut_off("kafka", seconds=20), UNHEARD_OF),
    ("short_session", "SIGKILL at rebalance", at("rebalance:3"), STUCK),
    ("copies", "facts made again", made_again, DIFFERENT),
    ("synced_offset", "restore of a backup", restored, DIFFERENT),
    ("fingerprints", "a log that was cut and grew again", cut_and_grown, WENT_ON),
    ("topic_checks", "a topic that keeps its records for a week", wrong_retention, WENT_ON),
    ("lost_film_workers", "SIGKILL of film workers", film_workers_killed, REJECTED),
    ("sentinel", "workers set to another bucket", wrong_bucket, REJECTED),
    ("readers_clock", "a photo that was developed early", developed_by_a_clock_ahead, SEEN),
    ("databases_clock", "a develop worker an hour ahead", clock_ahead, EARLY),
)


def outcome(made: System, fault: Fault, without: str) -> str:
    """What came of a fault without its protection, in words; empty if nothing did."""
    try:
        result = fault(made, without)
        if isinstance(result, str):  # what a worker said that refused to run
            return "" if result else WENT_ON
        differences, lost = made.harm()
    except AssertionError as error:
        return str(error).splitlines()[0][:160]
    found = [f"{len(differences)} differences"] if differences else []
    found += [f"{lost} lost"] if lost else []
    match result:
        case (float(), Counter() as became) if became["PhotoRejected"]:
            found.append(f"{became['PhotoRejected']} photos rejected")
        case (int(unknown), Counter() as opened) if max(opened.values()) > 1:
            found.append(f"{sum(count - 1 for count in opened.values())} rolls opened twice, {unknown} unknown answers")
        case Recovery() if result.longest > BOUND:
            found.append(f"{result.longest:.0f} {LATE}")
        case Early(photos) if photos:
            found.append(f"{photos} {EARLY}")
        case Shown(another=another) if another.status != 404:
            found.append(f"{SEEN}, to another person: {another.status}, {another.body['state']}")
        case _:
            pass
    if unheard_of := made.unheard_of():
        found.append(f"{len(unheard_of)} {UNHEARD_OF}")
    example = f" (such as: {differences[0][:120]})" if differences else ""
    return ", ".join(found) + example


def main() -> int:
    """The protections named, or all."""
    processes.PATIENCE = PATIENCE
    wanted, unseen = sys.argv[1:], 0

    def tell(protection: str, fault: str, came: str, expected: str) -> None:
        nonlocal unseen
        met = re.search(expected, came) is not None
        unseen += not met
        verdict = "" if met else f" - BUT NOT: {expected}"
        print(f"without {protection}: {fault}: {came or 'nothing came of it'}{verdict}", flush=True)

    for protection, what, fault, expected in CASES:
        if not wanted or protection in wanted:
            with (
                network() as net,
                system(net=net) as made,
            ):  # of its own: what one fault leaves unhealed is no business of the next one's
                tell(protection, what, outcome(made, fault, protection), expected)
    if not wanted or "replication" in wanted:
        with three_nodes(replication=1) as (made, nodes):
            came = outcome(made, lambda m, _: node_killed(m, nodes), "")
            tell("replication", "SIGKILL of one of three nodes", came, STUCK)
    if not wanted or "synced_offset" in wanted:
        with three_nodes() as (made, nodes):
            came = outcome(made, lambda m, w: all_killed(m, nodes, cut=True, without=w), "synced_offset")
            tell("synced_offset", "power cut of three nodes", came, DIFFERENT)
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
