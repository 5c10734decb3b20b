"""What the codec asks of a schema registry. `events.confluent_registry` is the one that speaks Confluent's API."""

from typing import Protocol

from events.schema import EventSchema


class RegistryUnavailable(Exception):
    """The registry doesn't answer: a retry may help."""


class UnknownSchema(Exception):
    """The registry says that it has no such schema."""


class IncompatibleSchema(Exception):
    """The registry refuses a schema as incompatible with a landed version."""


class Registry(Protocol):
    """What the codec asks of a registry."""

    async def id_of(self, schema: EventSchema) -> int:
        """The id under which a schema is registered. Raises UnknownSchema if it isn't, and RegistryUnavailable."""
        ...

    async def schema(self, schema_id: int) -> str:
        """A registered schema's JSON by id. Raises UnknownSchema if there is none, and RegistryUnavailable."""
        ...
