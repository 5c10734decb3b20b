"""Examples of what the API answers, for its documentation."""

from typing import Any

ADA, PHOTO = "bbce2359-3b38-5c04-add3-59bf94bc6cbd", "6cc4a6d0-fe48-5fed-ab6d-c30bf06bd4a0"
ROLL, COMMENT = "2cf88bb1-9d26-523e-b9c3-1c403f0074f3", "0b1ad8f1-1f0e-5a0c-8a39-1f2e0c6a7b11"
Example = dict[str, Any]


def image(size: str, width: int, height: int) -> dict[str, Any]:
    """An example of an image."""
    signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260620T070000Z&X-Amz-Expires=7200&X-Amz-Signature=5d672d79"
    return {"url": f"https://photos.example/photos/{PHOTO}/{size}.jpg?{signed}", "width": width, "height": height}


EXAMPLE_PHOTO: Example = {
    "id": PHOTO,
    "owner": ADA,
    "taken_at": "2026-06-19T21:04:11.482Z",
    "state": "developed",
    "develops_at": "2026-06-20T07:00:00.000Z",
    "images": {"full": image("full", 2000, 1500), "feed": image("feed", 1080, 810), "thumb": image("thumb", 320, 240)},
    "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
    "rolls": [ROLL],
    "counts": {"likes": 12, "comments": 3},
    "viewer": {"liked": True},
}
EXAMPLE_USER: Example = {
    "id": ADA,
    "handle": "ada",
    "display_name": "Ada Lindqvist",
    "avatar": image("thumb", 320, 240),
    "counts": {"followers": 204, "following": 87, "photos": 431, "rolls": 9},
    "viewer": {"following": True, "followed_by": False, "blocked": False},
}
EXAMPLE_ROLL: Example = {
    "id": ROLL,
    "title": "Midsummer at the lake",
    "theme": "summer",
    "visibility": "public",
    "owner": ADA,
    "cover": image("feed", 1080, 810),
    "thumbs": [image("thumb", 320, 240)],
    "created_at": "2026-06-19T08:00:00.000Z",
    "last_activity": "2026-06-19T21:04:12.120Z",
    "counts": {"photos": 41, "members": 6, "followers": 18, "developing": 3},
    "viewer": {"role": "member", "following": False},
}
EXAMPLE_COMMENT: Example = {
    "id": COMMENT,
    "photo": PHOTO,
    "author": ADA,
    "text": "The light!",
    "posted_at": "2026-06-20T08:12:40.031Z",
}
PEOPLE: Example = {ADA: {"handle": "ada", "display_name": "Ada Lindqvist", "avatar": image("thumb", 320, 240)}}
ROLLS: Example = {ROLL: {"title": "Midsummer at the lake", "visibility": "public"}}
DEVELOPING: Example = {"count": 3, "ready_at": "2026-06-21T07:00:00.000Z"}
NAMED: Example = {"people": PEOPLE, "named_rolls": ROLLS}
NEXT = "q83vEjRWeJASNFZ4kBI0VniQ"


def listed(example: Example) -> Example:
    """An example of a page of a list that comes with something else."""
    return {"items": [example], "next": NEXT}


def page(example: Example) -> Example:
    """An example of a page of a list."""
    return listed(example) | {"people": PEOPLE}
