"""Confluent's schema registry client: registering is a step of the deployment, producers and consumers look up.

It brings an HTTP stack with it, so only processes that encode or decode events import it.
"""

import asyncio
import json
from collections.abc import Callable
from typing import TypeVar

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from events.reachability import of_registry
from events.registry import IncompatibleSchema, RegistryUnavailable, UnknownSchema
from events.schema import EventSchema, all_schemas
from events.settings import Settings

COMPATIBILITY = "FULL_TRANSITIVE"
NOT_FOUND = 404
CONFLICT = 409
T = TypeVar("T")


class ConfluentRegistry:
    """A registry that speaks Confluent's API (Apicurio's ccompat, locally). Subjects are record names."""

    def __init__(self, settings: Settings):
        self._reachable = of_registry(settings)
        self._client = SchemaRegistryClient({"url": settings.registry_url, "timeout": 5, "max.retries": 0})

    async def id_of(self, schema: EventSchema) -> int:
        """See Registry."""

        def look_up() -> int:
            found = self._client.lookup_schema(schema.full_name, Schema(json.dumps(schema.avro), "AVRO"))
            assert found.schema_id is not None
            return found.schema_id

        return await self._ask(look_up, f"{schema.full_name} is not registered: run `darkroom up`")

    async def schema(self, schema_id: int) -> str:
        """See Registry."""

        def fetch() -> str:
            text = self._client.get_schema(schema_id).schema_str
            assert text is not None
            return text

        return await self._ask(fetch, f"the registry has no schema {schema_id}")

    async def _ask(self, ask: Callable[[], T], missing: str) -> T:
        try:
            found = await asyncio.to_thread(translated, ask, missing)
        except RegistryUnavailable as error:
            self._reachable.failed(str(error))
            raise
        except UnknownSchema:
            self._reachable.answered()
            raise
        self._reachable.answered()
        return found

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()


def translated(ask: Callable[[], T], missing: str) -> T:
    """What `ask` returns. Raises UnknownSchema(missing) or RegistryUnavailable for the client's errors."""
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

    Raises IncompatibleSchema if the registry refuses one, and RegistryUnavailable."""
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
