"""`darkroom worker`: hosts the apps that are named in one process."""

import click

from events.logs import log_to_stderr
from events.settings import settings
from ops.errors import OperatorError
from ops.secrets import NEEDED, with_secrets
from ops.supervisor.start_gate import wait_for_start


@click.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Host every app there is.")
def worker(names: tuple[str, ...], everything: bool) -> None:
    """Host the apps NAMES until SIGTERM or Ctrl-C.

    The names are the topics whose projections an app folds (accounts, graph, rolls, photos, reactions), and the
    reactors expand, filter, filter_late, cleanup and develop. Until Cassandra, the schema registry and Kafka are there,
    the worker waits, and says for what: in its log, and at /readyz.

    \b
    Examples:
      darkroom worker --all
      darkroom worker photos reactions
      DARKROOM_WORKER_METRICS_PORT=8011 darkroom worker filter
    """
    from processors.apps import APPS, AppFactory  # Faust reads the command line when it is imported
    from processors.waiting import wait_for_servers
    from processors.worker import run_worker

    chosen = tuple(APPS) if everything else names
    if not chosen:
        raise OperatorError(f"Name at least one of {', '.join(APPS)}, or say --all.")
    if unknown := [name for name in chosen if name not in APPS]:
        raise OperatorError(f"There is no app {', '.join(unknown)}: the apps are {', '.join(APPS)}.")
    resolved = with_secrets(settings(), NEEDED["worker"])
    wait_for_start()
    log_to_stderr()
    factory = AppFactory(resolved, wait_for_servers(resolved, chosen))
    run_worker([APPS[name](factory) for name in dict.fromkeys(chosen)], resolved)
