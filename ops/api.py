"""`darkroom api`: the read API in this process."""

import click
import uvicorn

from api.app import build, cassandra
from events.settings import settings
from ops.secrets import changed, with_secrets

NOT_FOR_READERS = ("master_key", "cassandra_password", "worker_password", "gateway_password")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen, instead of DARKROOM_API_PORT.")
def api(port: int | None) -> None:
    """Serve the read API (GET, OpenAPI at /docs) until it is told to stop.

    \b
    Examples:
      darkroom api
      darkroom api --port 8100
    """
    chosen = changed(with_secrets(settings()), **dict.fromkeys(NOT_FOR_READERS, ""))
    uvicorn.run(
        build(lambda: cassandra(chosen)),
        host=chosen.host,
        port=port or chosen.api_port,
        loop="uvloop",
        lifespan="on",
        access_log=False,  # /metrics counts them; a failed one is logged with its id
        server_header=False,
        timeout_graceful_shutdown=10,
    )
