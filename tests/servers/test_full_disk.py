"""A full disk: it is named, and what died of it is started again when there is room."""

import json
import subprocess
import sys
from pathlib import Path

from ops.servers.jars import ROOT


def test_servers_that_died_of_a_full_disk_wait_for_room_and_have_all_that_they_acknowledged(tmp_path: Path) -> None:
    command = ["unshare", "-rm", sys.executable, "-m", "tests.servers.full_disk", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    found = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")][-1]
    print(f"ready {found['seconds']} s after there was room")
    for name in ("kafka", "cassandra"):
        state, reason, restarts = found["full"][name]
        assert state == "no room"
        assert f"the disk that holds {tmp_path}/{name} has " in reason
        assert "make room" in reason
        assert restarts == 0, "waiting for room is no attempt"
        (told,) = [line for line in found["status"] if line.startswith(f"{name}: ")]
        assert told.startswith(f"{name}: no room since ")
        assert "make room" in told
