"""Random histories of a very small world, in which everything happens to the same few people, rolls and photos.

An event's id follows from what it is about and a small number, so that histories hold duplicates, undos of other
beginnings, undos before their beginnings and beginnings that were ended already. All of its other fields follow from
its id, so that a duplicate is one to the letter.

What a field holds is read from its schema: its type, and its doc ("Who likes it.", "The PhotoLiked that this ends.").
A new event needs no line here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from hypothesis import strategies as st

from events.codec import nested_name
from events.generated import EVENTS, NESTED, Event
from events.schema import EventSchema, all_schemas

START = datetime(2026, 6, 19, 12, tzinfo=UTC)
USERS = [uuid5(NAMESPACE_URL, f"user {n}") for n in range(4)]
ROLLS = [uuid5(NAMESPACE_URL, f"roll {n}") for n in range(2)]
PHOTOS = [uuid5(NAMESPACE_URL, f"photo {n}") for n in range(3)]
THINGS: dict[str, list[UUID]] = {"roll": ROLLS, "photo": PHOTOS}
PEOPLE = re.compile(r"Who(se)? |The person")
THING = re.compile(r"The (roll|photo)\b")
MAKER = re.compile(r"Who (?:made|took) the (roll|photo)\.")  # of whom each thing has one
BEGINNING = re.compile(r"The ([A-Z]\w+) that this ")
WORDS = re.compile(r"`(\w+)`")  # of two or more, one is meant
ZONES = ("Europe/Oslo", "Pacific/Apia")
ONE_OF_A_PHOTO = "the same in every event about the photo"
BASE = ("event_id", "occurred_at", "actor_id")
SCHEMAS: Mapping[str, EventSchema] = {schema.name: schema for schema in all_schemas().values()}
Draw = Callable[..., Any]


@dataclass(frozen=True)
class Field:
    """A field of an event, as its schema has it; `avro` is its type, without the null."""

    name: str
    avro: Any
    doc: str
    nullable: bool

    @property
    def logical(self) -> str:
        """Its logical type, or the empty text."""
        return self.avro.get("logicalType", "") if isinstance(self.avro, dict) else ""

    @property
    def is_id(self) -> bool:
        """Whether it names something."""
        return self.logical == "uuid"


def fields_of(avro: Mapping[str, Any]) -> list[Field]:
    """A record's fields."""
    found: list[Field] = []
    for each in avro["fields"]:
        kinds = each["type"] if isinstance(each["type"], list) else [each["type"]]
        (kind,) = [kind for kind in kinds if kind != "null"]
        found.append(Field(each["name"], kind, each["doc"], len(kinds) > 1))
    return found


def event_id(kind: str, about: Mapping[str, UUID], n: int) -> UUID:
    """The id of the nth event of a kind about the same people and things."""
    return uuid5(NAMESPACE_URL, f"{kind} {sorted(map(str, about.values()))} {n}")


def moment(identity: UUID) -> datetime:
    """When an event occurred: it follows from its id, as a duplicate's does."""
    return START + timedelta(seconds=identity.int % 500_000, microseconds=identity.int % 1_000_000)


def people_and_things(fields: Sequence[Field], draw: Draw) -> dict[str, UUID]:
    """Whom and what an event is about. The maker of a thing is always the same person."""
    about: dict[str, UUID] = {}
    of: dict[str, UUID] = {}
    for field in fields:
        if not field.is_id or field.nullable or field.name in BASE:
            continue
        if thing := THING.match(field.doc):
            about[field.name] = of[thing[1]] = draw(st.sampled_from(THINGS[thing[1]]))
        elif PEOPLE.match(field.doc) and not MAKER.fullmatch(field.doc):
            about[field.name] = draw(st.sampled_from(USERS))
    for field in fields:
        if maker := MAKER.fullmatch(field.doc):
            about[field.name] = USERS[THINGS[maker[1]].index(of[maker[1]])]
    return about


@st.composite
def an_event(draw: Draw, schema: EventSchema) -> Event:
    """Any event of a schema, about the small world."""
    fields = fields_of(schema.avro)
    about = people_and_things(fields, draw)
    identity = event_id(schema.name, about, draw(st.integers(0, 1)))
    values: dict[str, Any] = {**about, "event_id": identity, "occurred_at": moment(identity), "actor_id": USERS[0]}
    begun: dict[str, Field] = {}  # the fields of the beginning that this is about
    for field in fields:
        if field.name not in values and (named := BEGINNING.match(field.doc)):
            begun = {each.name: each for each in fields_of(SCHEMAS[named[1]].avro)}
            shared = {name: value for name, value in about.items() if name in begun}
            values[field.name] = beginning = event_id(named[1], shared, draw(st.integers(0, 1)))
            # A time that the beginning doesn't say of itself is the one at which it occurred.
            own = [each.name for each in fields if each.logical.startswith("timestamp") and each.name not in begun]
            values |= dict.fromkeys(own, moment(beginning))
    for place, field in enumerate(fields):
        if field.name not in values:
            below = [each.name for each in fields[place + 1 :] if each.nullable]
            values[field.name] = plain(field, uuid5(identity, field.name).int, about, below)
    return EVENTS[schema.full_name](**values)


def plain(field: Field, number: int, about: Mapping[str, UUID], below: Sequence[str]) -> Any:
    """A field that says neither of whom nor of what an event is; `below` are those that it may leave out."""
    if field.nullable and number % 2:
        return None
    number //= 2
    if (name := nested_name(field.avro)) is not None:
        if isinstance(field.avro, dict) and ONE_OF_A_PHOTO in field.avro["doc"]:
            number = uuid5(about["photo_id"], field.name).int
        return NESTED[name](**{each: part(kind, number) for each, kind in NESTED[name].__annotations__.items()})
    if isinstance(field.avro, dict) and field.avro["type"] == "array":
        return tuple(name for place, name in enumerate(below) if number >> place & 1)
    if field.is_id:
        thing = THING.match(field.doc)
        return (THINGS[thing[1]] if thing else USERS)[number % 2]
    if field.logical.startswith("timestamp"):  # one of two, and the same in every event about the same photo or roll
        things = sorted(str(value) for value in about.values() if value not in USERS)
        return START + timedelta(hours=18 + 24 * (uuid5(NAMESPACE_URL, f"{field.name} {things}").int % 2))
    if field.avro in ("boolean", "int", "long"):
        return part({"boolean": bool}.get(field.avro, int), number)
    words = WORDS.findall(field.doc)
    choices = words if len(words) > 1 else [f"{field.name} {letter}" for letter in "abc"]
    if "HMAC" in field.doc:  # so that one gives up what another takes
        choices = [f"hmac {letter}" for letter in "abc"]
    return (ZONES if "IANA" in field.doc else choices)[number % 2 if "IANA" in field.doc else number % len(choices)]


def part(kind: type, number: int) -> Any:
    """A value of a plain type, one of few."""
    return kind(number % 3) if kind is not bool else bool(number % 2)


def histories(topic: str, most: int = 24) -> st.SearchStrategy[list[Event]]:
    """Lists of a topic's events."""
    kinds = [schema for schema in all_schemas().values() if schema.topic == topic]
    return st.lists(st.sampled_from(kinds).flatmap(an_event), min_size=1, max_size=most)
