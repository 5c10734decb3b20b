"""`darkroom progress`: which files it takes, and which not. On real servers: tests/faults/test_backups.py."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ops import checkpoints
from ops.checkpoints import all_progress, from_json, to_json
from ops.cli import main
from ops.errors import OperatorError
from projections.progress import Progress, progress_rows
from projections.store.memory import MemoryStore

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ROW = Progress("rolls", 3, "members", 1, 41)


async def test_every_row_is_saved_and_comes_back_as_it_was() -> None:
    store = MemoryStore()
    for topic, partition, offset in (("rolls", 0, 7), ("rolls", 7, 9), ("photos", 3, 12)):
        await store.write(progress_rows(topic, partition, [("one", 1), ("expand", 1)], offset=offset))
    rows = await all_progress(store)
    assert {(row.topic, row.partition, row.projection, row.offset) for row in rows} == {
        (topic, partition, name, offset)
        for topic, partition, offset in (("rolls", 0, 7), ("rolls", 7, 9), ("photos", 3, 12))
        for name in ("one", "expand")
    }
    assert from_json(to_json(rows, NOW), "a file") == rows


@pytest.mark.parametrize(
    "change",
    [
        {"topic": "another"},
        {"partition": -1},
        {"projection": ""},
        {"offset": None},
        {"offset": -1},
        {"offset": 1.5},
        {"offset": True},
        {"generation": "1"},
        {"unknown": 1},
    ],
)
def test_a_file_with_something_else_in_it_is_refused(change: dict[str, Any]) -> None:
    text = json.dumps({"progress": [asdict(ROW) | change]})
    with pytest.raises(OperatorError, match=r"a file wasn't made by `darkroom progress save`"):
        from_json(text, "a file")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"progress": 1}', '{"progress": [1]}'])
def test_what_is_no_saved_file_is_refused(text: str) -> None:
    with pytest.raises(OperatorError):
        from_json(text, "a file")


def test_a_file_without_offsets_is_refused() -> None:
    with pytest.raises(OperatorError, match="no offsets"):
        from_json('{"progress": []}', "a file")


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def saved(_: object) -> tuple[str, int]:
        return "new", 1

    monkeypatch.setattr(checkpoints, "save", saved)
    monkeypatch.setenv("DARKROOM_HOME", str(tmp_path))
    file = tmp_path / "progress.json"
    ran = CliRunner().invoke(main, ["progress", "save", str(file)])
    assert (ran.exit_code, file.read_text()) == (0, "new")
    file.write_text("old")
    ran = CliRunner().invoke(main, ["progress", "save", str(file)])
    assert ran.exit_code == 1
    assert ran.output == f"Error: {file} can't be written: File exists.\n"
    assert file.read_text() == "old"


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["progress", "restore", str(tmp_path / "none.json")])
    assert ran.exit_code == 1
    assert ran.output.startswith(f"Error: {tmp_path}/none.json can't be read: ")
