"""`darkroom gateway`: what the mobile app writes through."""

import click

from events.settings import settings
from ops.secrets import with_secrets


@click.command()
def gateway() -> None:
    """Serve the gateway until SIGTERM or Ctrl-C.

    It needs Kafka, Cassandra, the schema registry and the object store: `darkroom up` starts them, and this as well.

    \b
    Examples:
      darkroom gateway
      DARKROOM_GATEWAY_PORT=8011 darkroom gateway
    """
    import uvicorn

    from producers.gateway import application

    known = with_secrets(settings())
    uvicorn.run(
        application(known),
        host=known.host,
        port=known.gateway_port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=15,
    )
