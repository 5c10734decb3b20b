"""What `darkroom deadletters` says before it does anything, and what it refuses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner

from events.codec import Unreadable, key_of
from events.generated import PhotoLiked
from events.json_form import from_json
from events.positions import Position
from events.schema import all_schemas
from events.topics import key_bytes
from ops.cli import main
from ops.deadletters.click_types import TIME
from ops.deadletters.letters import Letter, Selection
from ops.deadletters.preview import Preview
from ops.progress import lines
from tests.partitions import PARTITIONING, partition_of

SCHEMA = all_schemas()["darkroom.reactions.PhotoLiked"]
LIKE = from_json(SCHEMA, SCHEMA.example())
PLACE = Position("reactions", partition_of("reactions", key_of(LIKE)), 7)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
LETTER = Letter(PLACE, "*", 1, NOW, "why", key_bytes(key_of(LIKE)), b"value", 41, False, Position("deadletters", 0, 0))


def test_a_preview_counts_records_once_and_what_they_would_touch() -> None:
    assert isinstance(LIKE, PhotoLiked)
    preview = Preview(PARTITIONING)
    other = replace(LETTER, position=replace(PLACE, offset=8), at=NOW + timedelta(hours=1))
    for letter, event in ((LETTER, LIKE), (LETTER, LIKE), (other, LIKE), (replace(LETTER, projection="likers"), LIKE)):
        preview.add(letter, event)
    form = preview.to_json()
    assert (form["letters"], form["records"]) == (3, 2)
    assert form["by_topic_and_projection"] == {"reactions/*": 2, "reactions/likers": 1}
    assert form["touches"]["likers"] == 1  # one photo
    assert form["events"] == {"PhotoLiked": 3}
    assert (form["first_set_aside"], form["processors"]) == (NOW.isoformat(), [])


def test_a_preview_says_what_would_fail_again_and_who_would_act() -> None:
    preview = Preview(PARTITIONING, done={(PLACE, "likers")})
    preview.add(LETTER, Unreadable("no schema"))
    preview.add(replace(LETTER, key=None, projection="expand"), LIKE)
    preview.add(replace(LETTER, projection="likers"), LIKE)
    form = preview.to_json()
    assert form["still_wrong"] == {"no schema": 1, f"the record's key isn't the PhotoLiked's person {key_of(LIKE)}": 1}
    assert form["processors"] == ["expand"]
    assert form["left_out"] == 1


@pytest.mark.parametrize(
    ("selection", "meant"),
    [
        (Selection(), True),
        (Selection((PLACE,), "reactions", "*"), True),
        (Selection((replace(PLACE, offset=8),)), False),
        (Selection(topic="photos"), False),
        (Selection(projection="likers"), False),
    ],
)
def test_a_selection_means(selection: Selection, meant: bool) -> None:
    assert selection.wants(LETTER) is meant


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["redrive"], "Say which"),
        (["redrive", "--all", "--json"], "add --yes"),
        (["redrive", "nowhere-1@2"], "isn't a position"),
        (["cancel"], "Say which"),
        (["show", "photos-9999999@2"], "isn't a position"),
        (["list", "--since", "yesterday"], "neither an age"),
    ],
)
def test_a_wrong_question_is_told_in_one_line(arguments: list[str], said: str) -> None:
    ran = CliRunner().invoke(main, ["deadletters", *arguments])
    assert ran.exit_code != 0
    assert said in ran.output
    assert "Traceback" not in ran.output


@pytest.mark.parametrize("name", ["", "list", "show", "redrive", "cancel"])
def test_help_has_examples(name: str) -> None:
    ran = CliRunner().invoke(main, ["deadletters", *filter(None, [name]), "--help"])
    assert ran.exit_code == 0
    assert "Examples:" in ran.output


def test_moments_are_ages_or_times() -> None:
    assert TIME.convert("2026-11-21T10:00+01:00", None, None) == NOW
    assert TIME.convert("2026-11-21T09:00", None, None) == NOW
    before = datetime.now(UTC)
    moment = TIME.convert("2h", None, None)
    assert before <= moment + timedelta(hours=2) <= datetime.now(UTC)
    with pytest.raises(click.BadParameter):
        TIME.convert("2 hours", None, None)


def test_progress_elsewhere_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 1.0, 6.0, 7.0])
    tell = lines("reading", lambda: next(times))
    tell(1, 1000)
    tell(2, 1000)
    tell(3, 1000)
    assert capsys.readouterr().err == "reading: 2 of 1,000 (0.3 a second, 0:49:54 left)\n"
