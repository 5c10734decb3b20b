"""Options for a dataclass of numbers: `--roll-photos` for `roll_photos`, with its default and what it is."""

from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any

import click

Command = Callable[..., Any]


def options_of(numbers: type) -> Callable[[Command], Command]:
    """Adds an option for each field of `numbers`, whose metadata says what it is `of`."""

    def add(command: Command) -> Command:
        for one in reversed(fields(numbers)):
            name, of = f"--{one.name.replace('_', '-')}", one.metadata["of"]
            command = click.option(name, type=range_of(one), default=one.default, show_default=True, help=of)(command)
        return command

    return add


def range_of(one: Field[Any]) -> click.ParamType:
    """What a field may be: a number of things from 1 on, a share up to 1, or any number above 0."""
    if isinstance(one.default, int):
        return click.IntRange(min=1)
    return click.FloatRange(min=0, min_open=True, max=1 if one.metadata["of"].startswith("share") else None)
