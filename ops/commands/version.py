"""`darkroom version`: prints the version."""

from importlib.metadata import version as installed

import click


@click.command()
def version() -> None:
    """Say which version this is.

    \b
    Examples:
      darkroom version
    """
    click.echo(f"darkroom {installed('darkroom')}")
