"""Makes the secrets once, keeps them in `<home>/secrets.json` (mode 0600), and hands them to child processes."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path

from events.settings import Settings
from ops.errors import OperatorError

# By their names, so that a new secret is made, kept and left out of `up.json` without anyone remembering this file.
SECRETS = tuple(name for name in Settings.model_fields if name.endswith(("_password", "_secret", "_key")))

# What each of Darkroom's processes is given; the others stay empty in it.
NEEDED: Mapping[str, Collection[str]] = {
    "worker": ("worker_password", "master_key", "s3_access_key", "s3_secret_key"),
    "gateway": ("gateway_password", "master_key", "token_secret", "handle_secret", "s3_access_key", "s3_secret_key"),
    "api": ("api_password", "token_secret", "handle_secret", "s3_access_key", "s3_secret_key"),
}


def with_values(settings: Settings, **values: object) -> Settings:
    """Returns the settings with some fields set. They are built anew, because a copy would keep cached addresses."""
    return type(settings).model_validate(settings.model_dump() | values)


def with_secrets(settings: Settings, needed: Collection[str] = SECRETS) -> Settings:
    """Returns settings with none of the needed secrets empty, all others empty, and `home` absolute.

    A secret that is set wins; the others are read from `<home>/secrets.json`, and made there if they are missing.
    Processes that start at once agree: the file is written under a lock. Raises OperatorError if it can't be read.
    """
    home = settings.home.resolve()
    empty = [name for name in needed if not getattr(settings, name)]
    kept = _kept(home, empty) if empty else {}
    secrets_of_others = {name: "" for name in SECRETS if name not in needed}
    return with_values(settings, home=home, **secrets_of_others, **{name: kept[name] for name in empty})


def environment(settings: Settings) -> dict[str, str]:
    """Returns this process's environment with every setting as `DARKROOM_*`, so that a child sees the same ones."""
    ours = {f"DARKROOM_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
    return server_environment() | ours


def server_environment() -> dict[str, str]:
    """Returns this process's environment without Darkroom's settings: all that the Java servers get."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DARKROOM_")}


def without_secrets(settings: Settings) -> dict[str, str | int]:
    """Returns the settings that may be written down: everything but the secrets."""
    return settings.model_dump(mode="json", exclude=set(SECRETS))


def _kept(home: Path, names: list[str]) -> Mapping[str, str]:
    home.mkdir(parents=True, exist_ok=True)
    path = home / "secrets.json"
    with (home / "secrets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = _read(path)
        missing = [name for name in names if not kept.get(name)]
        if missing:
            kept |= {name: _new(name) for name in missing}
            _write(path, kept)
    return kept


def _new(name: str) -> str:
    if name == "master_key":
        return base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(32)


def _read(path: Path) -> dict[str, str]:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise OperatorError(
            f"{path} can't be read ({error}). It holds the keys to the data beside it: restore it from a backup."
        ) from error


def _write(path: Path, kept: dict[str, str]) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(kept, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
