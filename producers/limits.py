"""Limits, in one place: each bounds a partition, a fan-out or an answer. Beyond one the gateway refuses."""

from datetime import timedelta
from enum import StrEnum

ROLLS_A_PERSON = 500  # memberships
FOLLOWED_PEOPLE = 5_000
ROLLS_A_PHOTO = 20
BEGINNINGS = 200  # of one person and thing: likes, follows, memberships, and how often a photo was put into rolls
REMOVALS_AT_ONCE = 100  # of a deleted photo from its rolls: two devices may have put it into one roll twice

UPLOAD_BYTES = 30_000_000
UPLOAD_LIFETIME = timedelta(minutes=15)
OLDEST_TAKEN = timedelta(days=30)  # how far back the phone's time for a photo is believed

TITLE = 80
THEME = 40
COMMENT = 1_000
BIO = 300
DISPLAY_NAME = 50
HANDLE = r"^[a-z0-9_.]{3,30}$"
IDEMPOTENCY_KEY = 200
BODY_BYTES = 64 * 1024


class ContentType(StrEnum):
    """What a photo's file may be."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
