"""`darkroom api`: serves the read API in this process."""

import click

from api.app import build, open_resources
from events.settings import settings
from ops.commands.serve import serve
from ops.secrets import NEEDED, with_secrets
from ops.supervisor.start_gate import wait_for_start


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen, instead of DARKROOM_API_PORT.")
def api(port: int | None) -> None:
    """Serve the read API (GET, OpenAPI at /docs) until it is told to stop.

    It listens at once; while Cassandra is away, /readyz says so, and the log why.

    \b
    Examples:
      darkroom api
      darkroom api --port 8100
    """
    chosen = with_secrets(settings(), NEEDED["api"])
    wait_for_start()
    serve(chosen, port or chosen.api_port, build(lambda: open_resources(chosen)))
