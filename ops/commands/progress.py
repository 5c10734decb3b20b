"""`darkroom progress`: saves where every projection and reactor is, and sets them back there after a restore."""

import asyncio
from pathlib import Path

import click

from events.settings import settings
from ops.errors import OperatorError
from ops.secrets import with_secrets

file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def progress() -> None:
    """Where every projection and reactor is in the log: saved before a backup begins, restored after a restore.

    A backup copies tables at different moments. The offsets that were saved before it began are behind all of them,
    and a record that is folded again changes nothing. docs/backups.md has all steps.

    \b
    Examples:
      darkroom progress save progress-2026-11-24.json
      darkroom progress restore progress-2026-11-24.json
    """


@progress.command()
@file_argument
def save(file: Path) -> None:
    """Write every offset to the new FILE. Do it before the backup of Cassandra begins.

    \b
    Examples:
      darkroom progress save progress-$(date +%F).json && nodetool snapshot -t $(date +%F) darkroom darkroom_private
    """
    from ops.checkpoints import save as save_progress  # loads the drivers, which --help needn't wait for

    text, count = asyncio.run(save_progress(with_secrets(settings())))
    try:
        with file.open("x") as new:
            new.write(text)
    except OSError as error:
        raise OperatorError(f"{file} can't be written: {error.strerror}.") from error
    click.echo(f"{count} offsets are in {file}. Now take the backup, and keep the file with it.")


@progress.command()
@file_argument
def restore(file: Path) -> None:
    """Have every projection and reactor begin where FILE says: after Cassandra was restored, before workers start.

    What they had folded since is folded again. It refuses while a worker is consuming, and offsets that the log
    doesn't have.

    \b
    Examples:
      darkroom down && darkroom up --servers-only
      darkroom progress restore progress-2026-11-24.json
    """
    from ops.checkpoints import restore as restore_progress

    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{file} can't be read: {error}.") from error
    count = asyncio.run(restore_progress(with_secrets(settings()), text, str(file)))
    click.echo(f"{count} offsets are restored from {file}. Workers may start.")
