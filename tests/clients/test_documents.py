"""What generators make good code of: laws over both services' OpenAPI documents."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.generator import SERVICES
from web.problems import MEDIA_TYPE, PROBLEM_NAME, SCHEMAS

Found = Iterator[tuple[str, Any]]
pytestmark = pytest.mark.parametrize("service", SERVICES)
OPERATION = re.compile(r"[a-z]+(_[a-z]+)*")
NAME = re.compile(r"([A-Z][a-z]+)+")


def operations(service: str) -> Found:
    """Every operation: its method and path, and what the document says of it."""
    for path, methods in SERVICES[service].openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def schemas(service: str) -> dict[str, Any]:
    """The document's named schemas."""
    return SERVICES[service].openapi()["components"]["schemas"]


def within(schema: Any) -> Iterator[Any]:
    """All schemas and parts of schemas in a schema."""
    if isinstance(schema, dict):
        yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from within(part)


def test_every_operation_has_a_name_of_its_own_that_every_language_can_spell(service: str) -> None:
    names = [operation["operationId"] for _, operation in operations(service)]
    assert len(set(names)) == len(names)
    assert [name for name in names if not OPERATION.fullmatch(name)] == []


def test_every_schema_has_a_name_that_every_language_can_spell(service: str) -> None:
    assert [name for name in schemas(service) if not NAME.fullmatch(name)] == []


def test_parameters_have_types_and_are_absent_rather_than_null(service: str) -> None:
    for where, operation in operations(service):
        for parameter in operation.get("parameters", []):
            schema = parameter["schema"]
            assert {"type", "$ref"} & set(schema), (where, parameter)
            assert "null" not in [part.get("type") for part in within(schema)], (where, parameter)


def test_every_answer_has_a_named_schema_and_every_problem_is_a_problem(service: str) -> None:
    for where, operation in operations(service):
        for status, response in operation["responses"].items():
            content = response["content"]
            if status >= "400":
                assert content[MEDIA_TYPE]["schema"] == {"$ref": SCHEMAS + PROBLEM_NAME}, (where, status)
            elif "application/json" in content:
                assert "$ref" in content["application/json"]["schema"], (where, status)


def test_every_enumeration_has_a_name_and_no_value_is_one_of_several_shapes(service: str) -> None:
    for name, schema in schemas(service).items():
        for part in within(schema):
            assert part is schema or "enum" not in part, name
            assert "const" not in part, name
            assert "oneOf" not in part, name
            shapes = [shape for shape in part.get("anyOf", []) if shape != {"type": "null"}]
            assert len(shapes) < 2, name


def test_a_patch_has_no_defaults_for_a_client_to_send(service: str) -> None:
    for where, operation in operations(service):
        if where.startswith("PATCH"):
            (content,) = operation["requestBody"]["content"].values()
            schema = schemas(service)[content["schema"]["$ref"].removeprefix(SCHEMAS)]
            assert "default" not in [key for part in within(schema["properties"]) for key in part], where
