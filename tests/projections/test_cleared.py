"""A field that a *Changed event lists and leaves null is cleared, to a value that its column can hold."""

import pytest

from events.generated import Event
from events.json_form import from_json
from events.schema import EventSchema, all_schemas
from projections.catalog import PROJECTIONS
from projections.projection import Projection

CHANGES = [schema for schema in all_schemas().values() if any(f["name"] == "changed" for f in schema.avro["fields"])]


@pytest.mark.parametrize("schema", CHANGES, ids=lambda schema: schema.name)
def test_every_field_can_be_cleared(schema: EventSchema) -> None:
    optional = [field["name"] for field in schema.avro["fields"] if "default" in field]
    event: Event = from_json(schema, schema.example() | dict.fromkeys(optional) | {"changed": optional})
    rows = [each for each in PROJECTIONS if isinstance(each, Projection) and type(event) in each.events]
    upserts = [upsert for each in rows for upsert in each(event, 3)]
    columns = {name: (upsert.table.types[name], upsert[name]) for upsert in upserts for name in upsert.columns}
    assert set(optional) <= columns.keys()
    assert all(isinstance(value, kind) for kind, value in columns.values())
