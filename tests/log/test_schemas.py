"""The schemas, what is generated from them, and what has landed of them."""

import json
import subprocess
from typing import Any

import pytest

from events import generate
from events.positions import MalformedPosition, Position, format_positions, parse_position, parse_positions
from events.schema import SCHEMAS, all_schemas


def test_the_generated_code_has_not_drifted() -> None:
    assert generate.OUTPUT.read_text() == generate.source(), "run `python -m events.generate`"


def test_every_example_has_its_schema_and_every_schema_its_example() -> None:
    stems = {schema.file_stem for schema in all_schemas().values()}
    assert {path.stem for path in (SCHEMAS / "examples").glob("*.json")} == stems
    assert {path.stem for path in SCHEMAS.glob("*/*.avsc")} == stems


def landed_versions(path: str) -> list[dict[str, Any]]:
    """A schema in every commit that touched it, oldest first; none in a checkout without history."""
    log = ["git", "-C", str(SCHEMAS.parent), "log", "--reverse", "--format=%H", "--diff-filter=AM", "--", path]
    commits = subprocess.run(log, capture_output=True, text=True, check=True).stdout.split()
    show = [["git", "-C", str(SCHEMAS.parent), "show", f"{commit}:{path}"] for commit in commits]
    return [json.loads(subprocess.run(one, capture_output=True, text=True, check=True).stdout) for one in show]


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What makes two versions not fully compatible (Avro 1.11, schema resolution): a field that only one of them has
    must have a default there, and one that both have must be of the same type."""
    olds = {field["name"]: field for field in old["fields"]}
    news = {field["name"]: field for field in new["fields"]}
    problems = [f"{name} has no default" for name in olds.keys() ^ news.keys() if "default" not in (olds | news)[name]]
    both = olds.keys() & news.keys()
    return problems + [f"{name} changed its type" for name in both if shape(olds[name]) != shape(news[name])]


def shape(field: dict[str, Any]) -> Any:
    """A field's type without its docs."""

    def bare(avro: Any) -> Any:
        if isinstance(avro, dict):
            return {key: bare(value) for key, value in avro.items() if key != "doc"}
        return [bare(item) for item in avro] if isinstance(avro, list) else avro

    return bare(field["type"])


@pytest.mark.parametrize("schema", all_schemas().values(), ids=lambda schema: schema.name)
def test_each_schema_is_compatible_with_its_landed_versions(schema: Any) -> None:
    landed = landed_versions(f"schemas/{schema.topic}/{schema.file_stem}.avsc")
    for old in landed:
        assert breaks(old, schema.avro) == []
        assert (old["topic"], old["key"]) == (schema.topic, schema.key)


def test_incompatible_changes_are_seen() -> None:
    avro = all_schemas()["darkroom.reactions.PhotoLiked"].avro
    less = {**avro, "fields": avro["fields"][:-1]}
    other = {**avro, "fields": [*avro["fields"][:-1], {**avro["fields"][-1], "type": "string"}]}
    optional = {"name": "why", "type": ["null", "string"], "default": None}
    assert breaks(dict(avro), less) == ["liker_id has no default"]
    assert breaks(dict(avro), other) == ["liker_id changed its type"]
    assert breaks(dict(avro), {**avro, "fields": [*avro["fields"], optional]}) == []


def test_positions_come_back_as_they_went_and_only_the_furthest_of_a_partition_counts() -> None:
    assert format_positions(parse_positions("photos-3@41, rolls-0@7,photos-3@5")) == "photos-3@41,rolls-0@7"
    assert parse_position("photos-3@41") == Position("photos", 3, 41)


NO_POSITIONS = ("photos", "photos-3", "nothing-0@1", "photos-3@-1", "photos-3@x", "@", "photos-³@1")


@pytest.mark.parametrize("text", NO_POSITIONS)
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(MalformedPosition):
        parse_positions(text)
