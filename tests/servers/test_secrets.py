"""Secrets are made once, and kept where only their owner can read them."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from events.settings import Settings
from ops.errors import OperatorError
from ops.secrets import NEEDED, SECRETS, environment, server_environment, with_secrets, with_values
from ops.supervisor.processes import processes


def settings_in(home: Path, **values: object) -> Settings:
    return Settings.model_validate({"home": home, **dict.fromkeys(SECRETS, ""), **values})


def test_every_process_finds_the_same_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(with_secrets, [settings_in(tmp_path)] * 8))
    assert all(one == found[0] for one in found)
    assert all(getattr(found[0], name) for name in SECRETS)
    assert len(base64.b64decode(found[0].master_key)) == 32


def test_only_their_owner_can_read_them(tmp_path: Path) -> None:
    with_secrets(settings_in(tmp_path))
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_secret_that_is_set_wins(tmp_path: Path) -> None:
    assert with_secrets(settings_in(tmp_path, token_secret="mine")).token_secret == "mine"


def test_a_new_secret_leaves_the_old_ones(tmp_path: Path) -> None:
    first = with_secrets(settings_in(tmp_path, token_secret="mine"))
    second = with_secrets(settings_in(tmp_path))
    assert second.token_secret != "mine"
    assert second.master_key == first.master_key


def test_a_damaged_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(OperatorError, match="restore it from a backup"):
        with_secrets(settings_in(tmp_path))
    assert (tmp_path / "secrets.json").read_text() == "{"


def test_a_child_sees_the_same_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = with_values(with_secrets(settings_in(tmp_path)), kafka_port=12345, develop="2s")
    for name, value in environment(ours).items():
        monkeypatch.setenv(name, value)
    assert Settings.model_validate({}) == ours


def test_a_server_sees_none_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_MASTER_KEY", "secret")
    assert not any(name.startswith("DARKROOM_") for name in server_environment())


def test_changed_settings_have_changed_addresses(tmp_path: Path) -> None:
    ours = settings_in(tmp_path, kafka="")
    assert ours.bootstrap.endswith(":9092")
    assert with_values(ours, kafka_port=19092).bootstrap.endswith(":19092")


def test_a_process_is_given_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    full = with_secrets(settings_in(tmp_path))
    for program in processes(full):
        given = {name for name in SECRETS if program.environment[f"DARKROOM_{name.upper()}"]}
        assert given == set(NEEDED[program.command[3]])
    assert "master_key" not in NEEDED["api"]
    assert not any("cassandra_password" in names for names in NEEDED.values())
    assert with_secrets(settings_in(tmp_path), NEEDED["api"]).master_key == ""
