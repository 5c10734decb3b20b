"""How far each process is behind the log."""

from events.settings import Settings


def lag(settings: Settings) -> dict[str, int]:
    """The number of records that are in the log and not yet in the read models, by the name of the process.

    A process that follows no topic isn't in it.
    """
    return {}
