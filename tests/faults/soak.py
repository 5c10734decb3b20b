"""Faults at random, one after another, under load: `make soak ROUNDS=20 SEED=1`, or `python -m tests.faults.soak 20 1`.

A line a round, the sum last; exit status 0 only if nothing differed and nothing was lost. The same seed gives the same
faults in the same order, and the same facts; not the same interleaving.
"""

import random
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass

from processors.failpoints import PLACES
from tests.faults.network import Direction, Server, network
from tests.faults.on_backups import restored_from_snapshots
from tests.faults.on_gateway import WRITES, killed_before_its_answer
from tests.faults.on_network import cut, slow
from tests.faults.on_photos import PHOTOS, SLOW, film_workers_killed, object_store_gone
from tests.faults.on_power import all_killed
from tests.faults.on_servers import killed_and_restarted, registry_gone
from tests.faults.on_workers import come_and_go, killed_at, stopped_and_woken
from tests.faults.system import SHOWN, System, system

# Which something is asked of all the time. S3's cut is in test_network: it needs photos.
SERVERS: tuple[Server, ...] = ("cassandra", "kafka")
DIRECTIONS: tuple[Direction, ...] = ("both", "both", "to", "from")


@dataclass(frozen=True)
class Outcome:
    """What a fault did: its seconds without progress, and what was lost of what it was about itself."""

    still: float
    lost: int = 0


def worker_killed(made: System, chooser: random.Random) -> tuple[str, Outcome]:
    place, times = chooser.choice(list(PLACES)), chooser.randint(1, 20)
    failpoint = f"{place}:{1 if place == 'rebalance' else times}"
    return f"SIGKILL at {failpoint}", Outcome(killed_at(made, failpoint))


def workers_come_and_go(made: System, _: random.Random) -> tuple[str, Outcome]:
    took, still = come_and_go(made)
    return f"SIGTERM (left in {took:.1f} s), others joining", Outcome(still)


def worker_stopped(made: System, chooser: random.Random) -> tuple[str, Outcome]:
    times = chooser.randint(1, 60)
    return f"SIGSTOP at tally-read:{times}, woken later", Outcome(stopped_and_woken(made, times))


def server_killed(made: System, chooser: random.Random) -> tuple[str, Outcome]:
    server = chooser.choice(("cassandra", "kafka"))
    return f"SIGKILL of {server}, and a new start", Outcome(killed_and_restarted(made, server))


def registry_killed(made: System, _: random.Random) -> tuple[str, Outcome]:
    return "registry gone", Outcome(max(registry_gone(made)))


def store_killed(made: System, _: random.Random) -> tuple[str, Outcome]:
    still, became = object_store_gone(made)
    return "S3 gone", Outcome(still, PHOTOS - became["PhotoDeveloped"])


def gateway_killed(made: System, _: random.Random) -> tuple[str, Outcome]:
    unknown, opened = killed_before_its_answer(made)
    return "SIGKILL of the gateway before its answer", Outcome(0.0, unknown + abs(WRITES - sum(opened.values())))


def network_cut(made: System, chooser: random.Random) -> tuple[str, Outcome]:
    server, seconds = chooser.choice(SERVERS), chooser.choice((3.0, 8.0, 20.0))
    direction = chooser.choice(DIRECTIONS)
    came = cut(made, server, lengths=(seconds,), direction=direction)
    return f"{server} cut ({direction}) for {seconds:.0f} s", Outcome(came.longest, len(came.older))


def network_slow(made: System, _: random.Random) -> tuple[str, Outcome]:
    came = slow(made, delay=0.3, jitter=0.1, loss=0.05, seconds=10)
    return "the network slow and losing packets", Outcome(came.longest, len(came.older))


def film_killed(made: System, _: random.Random) -> tuple[str, Outcome]:
    took, became = film_workers_killed(made)
    return "SIGKILL of film workers", Outcome(took, SLOW - became["PhotoDeveloped"])


def cassandra_and_workers_killed(made: System, _: random.Random) -> tuple[str, Outcome]:
    still, _tails = all_killed(made, made.children, ("cassandra",))
    return "SIGKILL of cassandra and the workers", Outcome(still)


def backup_restored(made: System, _: random.Random) -> tuple[str, Outcome]:
    return "restore of a backup, progress newer than its rows", Outcome(restored_from_snapshots(made, saved=True))


FAULTS: dict[Callable[[System, random.Random], tuple[str, Outcome]], int] = {
    worker_killed: 6,
    workers_come_and_go: 2,
    worker_stopped: 3,
    server_killed: 4,
    registry_killed: 1,
    store_killed: 1,
    gateway_killed: 1,
    network_cut: 4,
    network_slow: 1,
    film_killed: 1,
    cassandra_and_workers_killed: 2,
    backup_restored: 1,
}


def rounds(made: System, count: int, seed: int) -> int:
    """So many rounds: a line each, and their sum. How many differences and losses there were."""
    chooser = random.Random(seed)
    longest, harm, begin = 0.0, 0, made.oracle.records
    for number in range(1, count + 1):
        (fault,) = chooser.choices(list(FAULTS), list(FAULTS.values()))
        before = made.oracle.records
        what, outcome = fault(made, chooser)
        differences, lost = made.harm()
        lost += outcome.lost
        longest, harm = max(longest, outcome.still), harm + len(differences) + lost
        events = made.oracle.records - before
        line = f"{events} events, {outcome.still:.1f} s without progress, {len(differences)} differences, {lost} lost"
        print(f"round {number}: {what}: {line}", flush=True)
        print(*differences[:SHOWN], sep="\n", end="\n" if differences else "")
    total = made.oracle.records - begin
    most = f"{longest:.1f} s without progress at most"
    print(f"{count} rounds, seed {seed}: {total} events, {most}, {harm} different or lost")
    return harm


def main() -> int:
    """Rounds and a seed from the command line."""
    count = int(sys.argv[1]) if sys.argv[1:] else 20
    seed = int(sys.argv[2]) if sys.argv[2:] else secrets.randbelow(10**6)
    with network() as net, system(seed, net=net) as made:
        return 1 if rounds(made, count, seed) else 0


if __name__ == "__main__":
    sys.exit(main())
