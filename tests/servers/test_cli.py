"""The `darkroom` command as a person meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from events.settings import Settings, settings
from ops.cli import COMMANDS, main
from ops.errors import SERVERS
from ops.local_servers import on_free_ports
from ops.secrets import environment
from ops.supervisor.processes import ROOT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DARKROOM_HOME", str(tmp_path))
    settings.cache_clear()
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name: str) -> None:
    result = call(name, "--help")
    assert result.exit_code == 0
    assert f"  darkroom {name}" in result.output.partition("Examples:")[2]


def test_down_says_when_nothing_runs(home: Path) -> None:
    result = call("down")
    assert result.exit_code == 0
    assert result.output == f"Nothing to stop: no Darkroom runs in {home}.\n"


def test_status_says_when_nothing_runs_and_is_no_success(home: Path) -> None:
    result = call("status")
    assert result.exit_code == 1
    assert "darkroom up" in result.output
    assert json.loads(call("status", "--json").output) == {"state": "down", "processes": []}


def test_a_wrong_setting_is_one_line_that_names_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_KAFKA_PORT", "ninety")
    settings.cache_clear()
    result = call("status")
    assert result.exit_code == 1
    assert result.output.startswith("Error: DARKROOM_KAFKA_PORT=ninety: ")
    assert len(result.output.splitlines()) == 1


def test_an_unknown_command_is_no_success() -> None:
    assert call("develop-everything").exit_code != 0


@pytest.mark.parametrize("words", [("token", "ada"), ("deadletters", "list")])
def test_without_servers_it_is_one_line_with_the_way_out(tmp_path: Path, words: tuple[str, ...]) -> None:
    alone = on_free_ports(Settings.model_validate({"home": tmp_path}))
    command = [sys.executable, "-m", "ops.cli", *words]
    ended = subprocess.run(command, env=environment(alone), cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert SERVERS in ended.stderr.splitlines()[-1]
