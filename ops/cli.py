"""The `darkroom` command: a thin group over an explicit list. Each command lives in a file of its own."""

import importlib
from typing import Any

import click
from pydantic import ValidationError

from ops.errors import SERVERS, OperatorError

# Name of the command → module and name of its click command. Imported when it is called, so that `darkroom status`
# doesn't pay for what the workers need.
COMMANDS = {
    "up": "ops.commands.up:up",
    "down": "ops.commands.down:down",
    "status": "ops.commands.status:status",
    "demo": "ops.demo.command:demo",
    "worker": "ops.commands.worker:worker",
    "gateway": "ops.commands.gateway:gateway",
    "api": "ops.commands.api:api",
    "token": "ops.commands.token:token",
    "progress": "ops.commands.progress:progress",
    "plan": "ops.commands.plan:plan",
    "deadletters": "ops.deadletters.command:deadletters",
    "version": "ops.commands.version:version",
}


class Commands(click.Group):
    """Loads a command when it is asked for, and prints what an operator can mend in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Lists the commands in the order above, which is the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command of this name; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        return getattr(importlib.import_module(module), name)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; an OperatorError or a wrong setting becomes one line and exit status 1."""
        try:
            return super().invoke(ctx)
        except OperatorError as problem:
            raise click.ClickException(str(problem)) from problem
        except ValidationError as error:
            if error.title != "Settings":
                raise
            raise click.ClickException(wrong_settings(error)) from error
        except Exception as error:
            if isinstance(error, wrong_state()):
                raise click.ClickException(str(error)) from error
            if not isinstance(error, unavailable()):
                raise
            raise click.ClickException(f"{error}. {SERVERS}") from error


def unavailable() -> tuple[type[Exception], ...]:
    """Lists the errors that say that a server doesn't answer. They are imported when something went wrong."""
    from producers.publisher import NotPublished
    from web.problems import UNAVAILABLE

    return (*UNAVAILABLE, NotPublished)


def wrong_state() -> tuple[type[Exception], ...]:
    """Lists the errors that say what is wrong in a server, and how it is mended. Imported when something went wrong."""
    from producers.topics import WrongTopics

    return (WrongTopics,)


def wrong_settings(error: ValidationError) -> str:
    """Says for each setting that is wrong: `DARKROOM_KAFKA_PORT=x: Input should be a valid integer`."""
    return "; ".join(
        f"DARKROOM_{'_'.join(map(str, one['loc'])).upper()}={one['input']}: {one['msg']}" for one in error.errors()
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Darkroom, the backend of a disposable-camera photo app.

    Settings come from DARKROOM_* in the environment, or from .env; see events/settings.py for all of them.

    \b
    Examples:
      darkroom up --detach          start everything and return
      darkroom status               what runs, and how it is
      darkroom down                 stop everything
    """


if __name__ == "__main__":
    main()
