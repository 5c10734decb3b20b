"""Darkroom's roles in Cassandra: a process connects as the one that has the rights it needs, and no others."""

from events.settings import Settings

API, GATEWAY, WORKER = "darkroom_api", "darkroom_gateway", "darkroom_worker"


def passwords(settings: Settings) -> dict[str, str]:
    """Each role's password."""
    return {API: settings.api_password, GATEWAY: settings.gateway_password, WORKER: settings.worker_password}
