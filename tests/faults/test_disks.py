"""Disks that fill up: the servers die of it and come back when there is room, and nothing is lost."""

import subprocess
from pathlib import Path

from tests.faults.on_disks import in_a_namespace
from tests.faults.processes import ROOT


def test_full_disks_lose_nothing(tmp_path: Path) -> None:
    ran = subprocess.run(in_a_namespace(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=900)
    print(*[line for line in ran.stdout.splitlines() if "without progress" in line], sep="\n")
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
