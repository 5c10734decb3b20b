"""The gateway: `producers.gateway:app`."""

from producers.gateway.app import app, application

__all__ = ["app", "application"]
