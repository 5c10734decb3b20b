"""`darkroom gateway`: serves what the mobile app writes through."""

import click

from events.settings import settings
from ops.commands.serve import serve
from ops.secrets import NEEDED, with_secrets
from ops.supervisor.start_gate import wait_for_start


@click.command()
def gateway() -> None:
    """Serve the gateway until SIGTERM or Ctrl-C.

    It needs Kafka, Cassandra, the schema registry and the object store: `darkroom up` starts them, and this as well.
    It listens at once; while one of them is away, /readyz says which, and the log why.

    \b
    Examples:
      darkroom gateway
      DARKROOM_GATEWAY_PORT=8011 darkroom gateway
    """
    from producers.gateway import application

    chosen = with_secrets(settings(), NEEDED["gateway"])
    wait_for_start()
    serve(chosen, chosen.gateway_port, application(chosen))
