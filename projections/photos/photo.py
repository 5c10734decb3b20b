"""photo: the state of one photo. Whether anyone may see it is decided when it is read (visibility.py)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.generated import (
    PhotoDeleted,
    PhotoDeveloped,
    PhotoFiltered,
    PhotoRejected,
    PhotoTaken,
    PhotoTakenDown,
)
from projections.projection import projection
from projections.store.table import Table, Upsert


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo. `rejected_reason`, `deleted` and `taken_down` are ends, and never cleared. Sizes are in pixels."""

    photo_id: UUID
    owner_id: UUID | None = None
    taken_at: datetime | None = None
    develops_at: datetime | None = None
    on_profile: bool | None = None
    object_key: str | None = None
    etag: str | None = None
    filter_version: str | None = None
    full_key: str | None = None
    full_width: int | None = None
    full_height: int | None = None
    feed_key: str | None = None
    feed_width: int | None = None
    feed_height: int | None = None
    thumb_key: str | None = None
    thumb_width: int | None = None
    thumb_height: int | None = None
    blurhash: str | None = None
    developed: bool | None = None
    rejected_reason: str | None = None
    deleted: bool | None = None
    taken_down: bool | None = None

    @property
    def ended(self) -> bool:
        """Whether it was rejected, deleted or taken down: it will never be a photo to look at."""
        return bool(self.rejected_reason or self.deleted or self.taken_down)

    @property
    def developing(self) -> bool:
        """Not yet developed, and not ended."""
        return not self.developed and not self.ended


PHOTO = Table("photo", Photo, partition=1)


@projection(PHOTO)
def photo(
    event: PhotoTaken | PhotoFiltered | PhotoRejected | PhotoDeveloped | PhotoDeleted | PhotoTakenDown,
) -> list[Upsert]:
    match event:
        case PhotoTaken():
            return [
                PHOTO.upsert(
                    photo_id=event.photo_id,
                    owner_id=event.owner_id,
                    taken_at=event.taken_at,
                    develops_at=event.develops_at,
                    on_profile=event.on_profile,
                    object_key=event.object_key,
                    etag=event.etag,
                )
            ]
        case PhotoFiltered():
            return [PHOTO.upsert(photo_id=event.photo_id, **images(event))]
        case PhotoRejected():
            return [PHOTO.upsert(photo_id=event.photo_id, rejected_reason=event.reason or event.code)]
        case PhotoDeveloped():
            return [PHOTO.upsert(photo_id=event.photo_id, developed=True)]
        case PhotoDeleted():
            return [PHOTO.upsert(photo_id=event.photo_id, deleted=True)]
        case PhotoTakenDown():
            return [PHOTO.upsert(photo_id=event.photo_id, taken_down=True)]


def images(event: PhotoFiltered) -> dict[str, str | int]:
    """The columns that say where the filtered sizes are."""
    columns: dict[str, str | int] = {"filter_version": event.filter_version, "blurhash": event.blurhash}
    for name, image in (("full", event.full), ("feed", event.feed), ("thumb", event.thumb)):
        columns |= {f"{name}_key": image.key, f"{name}_width": image.width, f"{name}_height": image.height}
    return columns
