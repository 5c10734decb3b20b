"""The schema registry: registering is a step of the deployment, looking up is what producers and consumers do."""

import asyncio
import json
from collections.abc import Callable
from typing import Protocol, TypeVar

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from events.schema import EventSchema, all_schemas
from events.settings import Settings

COMPATIBILITY = "FULL_TRANSITIVE"
NOT_FOUND = 404
CONFLICT = 409
T = TypeVar("T")


class RegistryUnavailable(Exception):
    """The registry doesn't answer: retry."""


class UnknownSchema(Exception):
    """The registry says that it has no such schema."""


class IncompatibleSchema(Exception):
    """The registry refuses a schema as incompatible with a landed version."""


class Registry(Protocol):
    """What the codec asks of a registry."""

    async def id_of(self, schema: EventSchema) -> int:
        """The id under which a schema is registered. UnknownSchema if it isn't; RegistryUnavailable."""
        ...

    async def schema(self, schema_id: int) -> str:
        """A registered schema's JSON by id. UnknownSchema if there is none; RegistryUnavailable."""
        ...


class ConfluentRegistry:
    """A registry that speaks Confluent's API (Apicurio's ccompat, locally). Subjects are record names."""

    def __init__(self, settings: Settings):
        self._client = SchemaRegistryClient({"url": settings.registry_url, "timeout": 5, "max.retries": 0})

    async def id_of(self, schema: EventSchema) -> int:
        """See Registry."""

        def look_up() -> int:
            found = self._client.lookup_schema(schema.full_name, Schema(json.dumps(schema.avro), "AVRO"))
            assert found.schema_id is not None
            return found.schema_id

        return await asyncio.to_thread(answered, look_up, f"{schema.full_name} is not registered: run `darkroom up`")

    async def schema(self, schema_id: int) -> str:
        """See Registry."""

        def fetch() -> str:
            text = self._client.get_schema(schema_id).schema_str
            assert text is not None
            return text

        return await asyncio.to_thread(answered, fetch, f"the registry has no schema {schema_id}")

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()


def answered(ask: Callable[[], T], missing: str) -> T:
    """What the registry answers; its errors in our words."""
    try:
        return ask()
    except SchemaRegistryError as error:
        if error.http_status_code == NOT_FOUND:
            raise UnknownSchema(missing) from error
        raise RegistryUnavailable(str(error)) from error
    except Exception as error:
        raise RegistryUnavailable(f"{type(error).__name__}: {error}") from error


def register_all(settings: Settings) -> dict[str, int]:
    """Registers every schema, with FULL_TRANSITIVE set first: ids by full name.

    IncompatibleSchema, RegistryUnavailable."""
    ids: dict[str, int] = {}
    try:
        with SchemaRegistryClient({"url": settings.registry_url, "timeout": 30}) as client:
            client.set_compatibility(level=COMPATIBILITY)
            for name, schema in all_schemas().items():
                ids[name] = client.register_schema(name, Schema(json.dumps(schema.avro), "AVRO"))
    except SchemaRegistryError as error:
        if error.http_status_code == CONFLICT:
            raise IncompatibleSchema(f"{error.error_message} (a new meaning is a new event)") from error
        raise RegistryUnavailable(str(error)) from error
    return ids
