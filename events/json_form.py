"""Events in JSON: the examples beside the schemas, and what people are shown."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from events.codec import nested_name
from events.generated import EVENTS, NESTED, Event
from events.personal import Erased
from events.schema import EventSchema


def from_json(schema: EventSchema, form: dict[str, Any]) -> Event:
    """The event that a JSON form describes: ids and times as strings, personal fields as plain text."""
    values = {field["name"]: value_of(field["type"], form.get(field["name"])) for field in schema.avro["fields"]}
    return EVENTS[schema.full_name](**values)


def value_of(avro: Any, value: Any) -> Any:
    """One field's value from its JSON form."""
    if value is None:
        return None
    if isinstance(avro, list):
        return value_of(next(kind for kind in avro if kind != "null"), value)
    if (name := nested_name(avro)) is not None:
        return NESTED[name](**value)
    if isinstance(avro, dict) and avro["type"] == "array":
        return tuple(value_of(avro["items"], item) for item in value)
    logical = avro.get("logicalType", "") if isinstance(avro, dict) else ""
    if logical == "uuid":
        return UUID(value)
    return datetime.fromisoformat(value).astimezone(UTC) if logical.startswith("timestamp") else value


def to_json(event: Event) -> dict[str, Any]:
    """The JSON form of an event; an erased value reads `null`."""
    return {name: plain(value) for name, value in asdict(event).items()}


def plain(value: Any) -> Any:
    """One value in JSON."""
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Erased():
            return None
        case tuple():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value
