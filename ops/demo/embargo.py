"""Asks for every undeveloped photo in every endpoint of the API, as everybody, and sees that nobody sees it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ops.demo.client import CheckFailed, Person

MARGIN = 0.2  # seconds before `develops_at` after which an answer may rightly have come too late to count


@dataclass(frozen=True)
class TakenPhoto:
    """A photo of the demo: whose, in which roll, and when it develops."""

    photo_id: str
    owner: Person
    roll_id: str
    name: str
    develops_at: datetime


def paths(api: Person, taken: TakenPhoto) -> Iterator[str]:
    """Lists every GET of the API's own description, about this photo, its roll and its owner."""
    for template, methods in api.get("/openapi.json")["paths"].items():
        if "get" not in methods or not template.startswith("/v1/"):
            continue
        ids = {"users": str(taken.owner.user_id), "rolls": taken.roll_id, "photos": taken.photo_id}
        kind = template.split("/")[2]  # what stands in a path's braces is of the kind of the word before them
        yield re.sub(r"\{[^}]+\}", ids.get(kind, ""), template)


def check_embargo(photos: list[TakenPhoto], people: list[Person]) -> dict[str, int]:
    """Counts how often each photo was asked for before it developed. Raises CheckFailed if anybody could see one."""
    asked = dict.fromkeys((taken.photo_id for taken in photos), 0)
    for taken in photos:
        for path in list(paths(taken.owner, taken)):
            for person in people:
                answer = person.read(path)
                if (taken.develops_at - datetime.now(UTC)).total_seconds() < MARGIN:
                    break
                if person is taken.owner:
                    check_owner(taken, path, answer.text)
                elif taken.photo_id in answer.text and answer.status_code == 200:
                    raise CheckFailed(f"{person.handle} sees {taken.name} in {path} before it has developed")
                elif f"/photos/{taken.photo_id}" in path and answer.status_code != 404:
                    raise CheckFailed(
                        f"{person.handle} learns from {path} that {taken.name} is there ({answer.status_code})"
                    )
                asked[taken.photo_id] += 1
    return asked


def about(answer: Any, photo_id: str) -> Iterator[dict[str, Any]]:
    """Finds the objects within an answer that name a photo; beside it there may be others that have long developed."""
    if isinstance(answer, dict):
        if photo_id in answer.values():
            yield answer
        for value in answer.values():
            yield from about(value, photo_id)
    elif isinstance(answer, list):
        for value in answer:
            yield from about(value, photo_id)


def check_owner(taken: TakenPhoto, path: str, text: str) -> None:
    """Raises CheckFailed if its owner learns more than that it is there and when it develops."""
    said = "".join(json.dumps(one) for one in about(json.loads(text), taken.photo_id))
    if f"photos/{taken.photo_id}/" in text or "uploads/" in said or "X-Amz-Signature" in said:
        raise CheckFailed(f"{taken.owner.handle} gets an image URL of {taken.name} in {path} before it has developed")
    if path == f"/v1/photos/{taken.photo_id}":
        photo = taken.owner.get(path)
        if photo["state"] == "developing" and (photo["images"] is not None or photo["blurhash"] is not None):
            raise CheckFailed(
                f"{taken.owner.handle} gets an image or a blurhash of {taken.name} before it has developed"
            )
