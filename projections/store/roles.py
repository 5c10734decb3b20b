"""Darkroom's roles in Cassandra: a process connects as the role that has only the rights which it needs."""

from events.settings import Settings

API, GATEWAY, WORKER = "darkroom_api", "darkroom_gateway", "darkroom_worker"


def passwords(settings: Settings) -> dict[str, str]:
    """Each role's password."""
    return {API: settings.api_password, GATEWAY: settings.gateway_password, WORKER: settings.worker_password}
