"""Cassandra restored from a backup whose tables are of different moments, `progress` the newest of them.

Seen to fail with `synced` taken out, and without `darkroom progress` for a backup that took longer than a minute:
`python -m tests.faults.seen` (docs/faults.md)."""

from tests.faults.on_backups import restored_from_snapshots
from tests.faults.system import System

SHORT, LONG = 5.0, 75.0  # seconds that a backup takes: less and more than progress itself provides for


def test_a_backup_that_took_seconds_is_restored(darkroom: System) -> None:
    still = restored_from_snapshots(darkroom, seconds=SHORT)
    darkroom.check({f"restore of a backup that took {SHORT:.0f} s": still})


def test_a_backup_that_took_longer_is_restored_with_the_offsets_that_were_saved_before(darkroom: System) -> None:
    still = restored_from_snapshots(darkroom, seconds=LONG, saved=True)
    darkroom.check({f"restore of a backup that took {LONG:.0f} s, with saved offsets": still})
