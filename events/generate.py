"""Writes `events/generated.py` from the schemas: `python -m events.generate`. A test fails when they drift apart."""

from pathlib import Path
from typing import Any

from events.schema import EventSchema, all_schemas

OUTPUT = Path(__file__).with_name("generated.py")
HEADER = '''# Generated from schemas/ by `python -m events.generate`; edit those and run it again.
"""Every event of the log as a frozen dataclass. A personal field holds plain text, or ERASED."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.personal import Erased

'''
LOGICAL = {"uuid": "UUID", "timestamp-micros": "datetime", "timestamp-millis": "datetime"}
PRIMITIVE = {"string": "str", "int": "int", "long": "int", "boolean": "bool", "double": "float"}


def python_type(avro: Any) -> str:
    """The annotation for an Avro type. Raises KeyError for one that no event uses yet: add it above."""
    if isinstance(avro, list):
        kinds = [python_type(kind) for kind in avro if kind != "null"]
        return " | ".join([*kinds, "None"] if "null" in avro else kinds)
    if isinstance(avro, dict):
        if avro["type"] == "array":
            return f"tuple[{python_type(avro['items'])}, ...]"
        return avro["name"] if avro["type"] == "record" else LOGICAL[avro["logicalType"]]
    return PRIMITIVE.get(avro) or str(avro)


def record_source(avro: Any) -> str:
    """One dataclass: the record's doc as docstring, each field's doc beside it in the schema only."""
    lines = [
        "@dataclass(frozen=True, slots=True, kw_only=True)",
        f"class {avro['name']}:",
        f'    """{avro["doc"]}"""',
        "",
    ]
    for field in avro["fields"]:
        kind = python_type(field["type"])
        if "personal" in field:
            kind = "str | Erased | None" if isinstance(field["type"], list) else "str | Erased"
        default = " = None" if "default" in field and field["default"] is None else ""
        lines.append(f"    {field['name']}: {kind}{default}")
    return "\n".join(lines) + "\n"


def nested_records(schema: EventSchema) -> dict[str, Any]:
    """The records defined inside a schema's fields, nullable ones too, by name."""
    types = [field["type"] for field in schema.avro["fields"]]
    kinds = [kind for each in types for kind in (each if isinstance(each, list) else [each])]
    return {kind["name"]: kind for kind in kinds if isinstance(kind, dict) and kind["type"] == "record"}


def source() -> str:
    """The whole generated module. Raises ValueError if two schemas define a nested record differently."""
    schemas = all_schemas().values()
    nested: dict[str, Any] = {}
    for schema in schemas:
        for name, record in nested_records(schema).items():
            if nested.setdefault(name, record) != record:
                raise ValueError(f"{schema.name} has another {name} than a schema before it")
    records = [record_source(avro) for avro in nested.values()] + [record_source(schema.avro) for schema in schemas]
    union = "Event = (\n    " + "\n    | ".join(schema.name for schema in schemas) + "\n)\n"
    listed = (
        "EVENTS: dict[str, type[Event]] = {\n"
        + "".join(f'    "{schema.full_name}": {schema.name},\n' for schema in schemas)
        + "}\n"
    )
    nested_listed = "NESTED: dict[str, type] = {" + ", ".join(f'"{name}": {name}' for name in nested) + "}\n"
    return HEADER + "\n" + "\n\n".join([*records, union + "\n" + listed + nested_listed])


if __name__ == "__main__":
    OUTPUT.write_text(source())
    print(f"{OUTPUT.name}: {len(all_schemas())} events")
