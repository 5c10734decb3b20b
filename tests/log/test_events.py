"""Ids, positions, keys' partitions, seals and settings: literal examples, and both sides of every bound."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from confluent_kafka.schema_registry.error import SchemaRegistryError
from pydantic import ValidationError

from events.confluent_registry import translated
from events.ids import NIL, derived_id, id_order, key_order
from events.personal import seal, unseal
from events.positions import MalformedPosition, Position, format_positions, parse_position, parse_positions
from events.registry import RegistryUnavailable, UnknownSchema
from events.settings import Settings
from events.topics import TOPICS, even, key_bytes
from tests.given import ADA, BO, CY
from tests.partitions import PARTITIONING, partition_of

KEY = bytes(range(32))


def test_a_derived_id_follows_from_its_cause_and_names() -> None:
    assert derived_id(ADA, "removed", 7) == UUID("2157dacc-bccf-5a49-8651-57eaa5939218")
    assert derived_id(ADA, "removed", 7) == derived_id(ADA, "removed/7") != derived_id(ADA, "removed")
    assert derived_id(ADA, "removed") != derived_id(BO, "removed")


def test_ids_are_ordered_by_version_and_then_by_bytes() -> None:
    fourth = [UUID(int=n << 100, version=4) for n in (1, 9)]
    fifth = [UUID(int=n << 100, version=5) for n in (0, 5)]
    assert sorted([*reversed(fifth), *reversed(fourth)], key=id_order) == [*fourth, *fifth]
    assert key_order(("2026", fourth[0], 7)) == ("2026", (4, fourth[0].bytes), 7)


def test_a_key_goes_where_kafkas_own_partitioner_puts_it() -> None:
    assert key_bytes(ADA) == str(ADA).encode()
    for topic in ("accounts", "graph", "rolls", "photos", "reactions", "deadletters"):
        assert [partition_of(topic, person) for person in (ADA, BO, CY)] == [6, 7, 2]
        assert [even(64).of(topic, person) for person in (ADA, BO, CY)] == [54, 55, 34]
    assert {topic.name: topic.max_record_bytes for topic in TOPICS.values()} == dict.fromkeys(TOPICS, 1 << 20) | {
        "deadletters": 2 << 20
    }


@pytest.mark.parametrize("text", ["photos-0@0", "photos-7@0", "photos-3@" + "9" * 18, " rolls-0@7 "])
def test_a_position_up_to_the_bounds_is_one(text: str) -> None:
    assert str(parse_position(text)) == text.strip()


@pytest.mark.parametrize(
    "text", ["photos-8@0", "photos-1000000@0", "photos-3@" + "9" * 19, "photos--1@0", "photos-3@1.0", "Photos-3@1", ""]
)
def test_a_position_beyond_them_is_none(text: str) -> None:
    with pytest.raises(MalformedPosition):
        parse_position(text, PARTITIONING)


def test_whether_there_is_such_a_partition_follows_from_how_the_log_is_divided() -> None:
    assert parse_positions("photos-8@0", even(64)) == [Position("photos", 8, 0)]
    with pytest.raises(MalformedPosition, match="photos has no partition 8"):
        parse_positions("photos-8@0", even(8))


def test_so_many_positions_may_be_named_and_no_more() -> None:
    assert parse_positions(",".join(["photos-3@41"] * 64)) == [Position("photos", 3, 41)]
    with pytest.raises(MalformedPosition, match="more than 64 positions"):
        parse_positions(",".join(["photos-3@41"] * 65))
    assert parse_positions("") == parse_positions(" , ,") == []


def test_of_a_partitions_positions_the_furthest_counts_in_any_order() -> None:
    for text in ("photos-3@41,photos-3@5", "photos-3@5,photos-3@41"):
        assert parse_positions(text + ",photos-4@1,graph-3@9") == [
            Position("graph", 3, 9),
            Position("photos", 3, 41),
            Position("photos", 4, 1),
        ]
    assert format_positions([Position("photos", 3, 41), Position("rolls", 0, 7)]) == "photos-3@41,rolls-0@7"
    assert format_positions([]) == ""


def test_a_seal_opens_with_its_key_at_its_place_and_nowhere_else() -> None:
    sealed = seal(KEY, ADA, "text", "Où ça?")
    assert unseal(KEY, ADA, "text", sealed) == "Où ça?"
    assert seal(KEY, ADA, "text", "Où ça?") != sealed  # a nonce of its own each time
    assert len(sealed) == 1 + 12 + len("Où ça?".encode()) + 16
    wrong: list[tuple[bytes, UUID, str, bytes]] = [
        (KEY[::-1], ADA, "text", sealed),
        (KEY, BO, "text", sealed),
        (KEY, ADA, "bio", sealed),
        (KEY, ADA, "text", sealed[:-1]),
        (KEY, ADA, "text", sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ]
    for key, event_id, field, value in wrong:
        with pytest.raises(ValueError, match="can't be opened with its person's key"):
            unseal(key, event_id, field, value)
    for value in (b"", sealed[:12], b"\x02" + sealed[1:]):
        with pytest.raises(ValueError, match="text isn't sealed in a version known here"):
            unseal(KEY, ADA, "text", value)
    assert unseal(KEY, ADA, "text", seal(KEY, ADA, "text", "")) == ""


def test_the_registrys_errors_are_told_in_our_words() -> None:
    def failing(error: Exception) -> Any:
        def ask() -> Any:
            raise error

        return ask

    assert translated(lambda: 7, "missing") == 7
    with pytest.raises(UnknownSchema, match=r"^missing$"):
        translated(failing(SchemaRegistryError(404, 40403, "Schema not found")), "missing")
    for error in (SchemaRegistryError(500, 50001, "oh"), SchemaRegistryError(403, 40301, "no"), OSError("refused")):
        with pytest.raises(RegistryUnavailable):
            translated(failing(error), "missing")


def settings(**values: Any) -> Settings:
    """Settings of this test alone, whatever the environment says."""
    bare = dict.fromkeys(("kafka", "cassandra_hosts", "registry", "s3"), "")
    return Settings.model_validate({"home": Path("/nowhere"), **bare, **values})


@pytest.mark.parametrize(
    ("rule", "delay"),
    [
        ("next-morning", None),
        ("10s", timedelta(seconds=10)),
        ("5m", timedelta(minutes=5)),
        ("1h", timedelta(hours=1)),
        ("0s", timedelta(0)),
    ],
)
def test_photos_develop_next_morning_or_after_a_delay(rule: str, delay: timedelta | None) -> None:
    assert settings(develop=rule).develop_delay == delay


@pytest.mark.parametrize("rule", ["", "s", "10", "10d", "-1s", "1.5h", "next-evening", "10s "])
def test_any_other_rule_is_refused(rule: str) -> None:
    with pytest.raises(ValidationError, match="neither 'next-morning' nor a delay"):
        settings(develop=rule)


def test_servers_are_the_local_ones_unless_they_are_named() -> None:
    ours = settings(host="127.0.0.9", kafka_port=1, registry_port=2, s3_port=3)
    assert ours.bootstrap == "127.0.0.9:1"
    assert ours.contact_points == ["127.0.0.9"]
    assert ours.registry_url == "http://127.0.0.9:2/apis/ccompat/v7"
    assert ours.s3_url == "http://127.0.0.9:3"
    theirs = settings(kafka="k:1", cassandra_hosts="a,b", registry="http://r", s3="http://s")
    assert (theirs.bootstrap, theirs.contact_points) == ("k:1", ["a", "b"])
    assert (theirs.registry_url, theirs.s3_url) == ("http://r", "http://s")


@pytest.mark.parametrize(("name", "least"), [("kafka_port", 1), ("replication", 1), ("image_url_window", 60)])
def test_a_setting_has_its_least(name: str, least: int) -> None:
    assert getattr(settings(**{name: least}), name) == least
    with pytest.raises(ValidationError):
        settings(**{name: least - 1})


def test_a_port_has_its_most() -> None:
    assert settings(kafka_port=65535).kafka_port == 65535
    with pytest.raises(ValidationError):
        settings(kafka_port=65536)
    assert UUID("00000000-0000-0000-0000-000000000000") == NIL
