"""Finds the photographs that the demo takes: a person's own, or those inside two packages that it depends on."""

import io
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

from ops.errors import OperatorError

# What photographs ship in the packages themselves (neither is imported: that would take seconds).
SHIPPED = (
    ("skimage", "data/astronaut.png"),
    ("skimage", "data/chelsea.png"),
    ("skimage", "data/coffee.png"),
    ("skimage", "data/rocket.jpg"),
    ("sklearn", "datasets/images/china.jpg"),
    ("sklearn", "datasets/images/flower.jpg"),
)
TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".heic": "image/heic"}
MOST = 24


@dataclass(frozen=True)
class Picture:
    """One photograph: its name, its bytes and their media type."""

    name: str
    data: bytes
    media_type: str


def pictures(folder: Path | None) -> list[Picture]:
    """Reads a folder's photographs, at most 24, or those in the packages. Raises OperatorError if there are none."""
    paths = shipped() if folder is None else sorted(path for path in folder.iterdir() if path.suffix.lower() in TYPES)
    if not paths:
        raise OperatorError(f"There are no photographs ({', '.join(TYPES)}) in {folder}.")
    return [Picture(path.stem, path.read_bytes(), TYPES[path.suffix.lower()]) for path in paths[:MOST]]


def shipped() -> list[Path]:
    """Finds the photographs inside scikit-image and scikit-learn. Raises OperatorError if those aren't installed."""
    paths: list[Path] = []
    for package, inside in SHIPPED:
        found = find_spec(package)
        if found is None or found.origin is None:
            raise OperatorError(
                "The demo's photographs aren't installed: run `make demo`, or name your own with --photos."
            )
        paths.append(Path(found.origin).parent / inside)
    return paths


def upright(data: bytes, longest: int) -> Image.Image:
    """Decodes a photograph as a person sees it, its long side at most `longest` pixels."""
    register_heif_opener()
    with Image.open(io.BytesIO(data)) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    picture.thumbnail((longest, longest))
    return picture
