"""Events in JSON: the form of the examples beside the schemas, and of events that people are shown."""

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
    values = {field["name"]: field_value(field["type"], form.get(field["name"])) for field in schema.avro["fields"]}
    return EVENTS[schema.full_name](**values)


def field_value(avro: Any, value: Any) -> Any:
    """One field's value from its JSON form."""
    if value is None:
        return None
    if isinstance(avro, list):
        return field_value(next(kind for kind in avro if kind != "null"), value)
    if (name := nested_name(avro)) is not None:
        return NESTED[name](**value)
    if isinstance(avro, dict) and avro["type"] == "array":
        return tuple(field_value(avro["items"], item) for item in value)
    logical = avro.get("logicalType", "") if isinstance(avro, dict) else ""
    if logical == "uuid":
        return UUID(value)
    return datetime.fromisoformat(value).astimezone(UTC) if logical.startswith("timestamp") else value


def to_json(event: Event) -> dict[str, Any]:
    """The JSON form of an event; an erased value reads `null`."""
    return {name: json_value(value) for name, value in asdict(event).items()}


def json_value(value: Any) -> Any:
    """One value in JSON."""
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Erased():
            return None
        case tuple():
            return [json_value(item) for item in value]
        case dict():
            return {key: json_value(item) for key, item in value.items()}
        case _:
            return value
