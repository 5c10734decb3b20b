"""Reads `schemas/<topic>/<event>.avsc`, the source of truth of the log's vocabulary."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"


@dataclass(frozen=True)
class EventSchema:
    """One event's Avro schema and what we add to it: its topic, the field that is its key, its personal fields."""

    name: str
    full_name: str
    topic: str
    key: str
    personal: Mapping[str, str]  # personal field -> the field that names the person it belongs to
    avro: Mapping[str, Any]

    @property
    def file_stem(self) -> str:
        """`PhotoTaken` is in `photo_taken.avsc`, its example in `photo_taken.json`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.name).lower()

    def example(self) -> dict[str, Any]:
        """A realistic event in JSON form: ids and times as strings, personal fields as plain text."""
        return json.loads((SCHEMAS / "examples" / f"{self.file_stem}.json").read_text())


def read_schema(path: Path) -> EventSchema:
    """The schema in one .avsc file. Raises KeyError if it lacks `doc`, `topic` or `key`."""
    avro = json.loads(path.read_text())
    personal = {field["name"]: field["personal"] for field in avro["fields"] if "personal" in field}
    full_name = f"{avro['namespace']}.{avro['name']}"
    return EventSchema(avro["name"], full_name, avro["topic"], avro["key"], personal, avro)


@cache
def all_schemas() -> dict[str, EventSchema]:
    """Every event's schema by its full name (`darkroom.photos.PhotoTaken`), in a stable order."""
    paths = sorted(path for path in SCHEMAS.glob("*/*.avsc"))
    return {schema.full_name: schema for schema in map(read_schema, paths)}
