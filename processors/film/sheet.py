"""Makes a contact sheet: photos before and after the filter, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import click
from PIL import Image, ImageDraw, ImageFont

from processors.film.decode import decode, fit_within
from processors.film.filter import filter_photo
from processors.film.limits import LIMITS
from processors.film.outcome import Rejected

# Photographs (free to use) that come with these two packages, which `make demo` installs.
_SAMPLES = {
    "skimage": tuple(
        f"data/{name}"
        for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "camera.png")
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}
_ROLL = "roll-60"  # one of its eight sample photos has a light leak
_CELL, _GAP, _CAPTION = (400, 300), 10, 26
_PAPER, _INK = (250, 248, 244), (60, 56, 52)


Pair = tuple[str, Image.Image, Image.Image]
"""A caption, and a photo before and after the filter."""


def contact_sheet(pairs: Sequence[Pair], columns: int = 2) -> bytes:
    """Makes a JPEG with the pairs in `columns` columns, each picture (RGB) scaled to fit 400 x 300 px."""
    width, height = 2 * _CELL[0] + 3 * _GAP, _CELL[1] + _CAPTION + _GAP
    rows = max(1, -(-len(pairs) // columns))
    sheet = Image.new("RGB", (columns * width, rows * height + _GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for number, (caption, *pictures) in enumerate(pairs):
        left, top = number % columns * width + _GAP, number // columns * height + _GAP
        for side, picture in enumerate(pictures):
            shown = _fit_cell(picture)
            corner = left + side * (_CELL[0] + _GAP) + (_CELL[0] - shown.width) // 2
            sheet.paste(shown, (corner, top + (_CELL[1] - shown.height) // 2))
        draw.text((left + 2, top + _CELL[1] + 3), caption, fill=_INK, font=font)
    out = BytesIO()
    sheet.save(out, "JPEG", quality=86, optimize=True)
    return out.getvalue()


def sample_photos() -> list[Path]:
    """Finds the photographs that come with scikit-image and scikit-learn. Raises ClickException if they are missing."""
    paths: list[Path] = []
    for package, names in _SAMPLES.items():
        found = find_spec(package)
        if found is None or found.origin is None:
            raise click.ClickException("name some photos, or install the sample ones: pip install '.[demo]'")
        paths += [Path(found.origin).parent / name for name in names]
    return paths


def filtered_pairs(photos: Sequence[Path], taken_on: date) -> Iterator[Pair]:
    """Filters each photo. Its id comes from its name; why one is rejected goes to standard error."""
    for photo in photos:
        data = photo.read_bytes()
        outcome = filter_photo(uuid5(NAMESPACE_URL, f"{_ROLL}/{photo.name}"), data, taken_on)
        if isinstance(outcome, Rejected):
            click.echo(f"{photo.name}: {outcome.reason}", err=True)
            continue
        before, after = (decode(jpeg, LIMITS).image for jpeg in (data, outcome.variants["full"].data))
        yield photo.stem.replace("_", " "), before, after


def _fit_cell(picture: Image.Image) -> Image.Image:
    size = fit_within(picture.size, _CELL[0])
    if size[1] > _CELL[1]:
        size = fit_within(size, max(1, _CELL[1] * max(size) // size[1]))
    return picture.resize(size, Image.Resampling.LANCZOS)


@click.command(
    epilog="""\b
    Examples:
      python -m processors.film.sheet
      python -m processors.film.sheet ~/Pictures/*.jpg --out sheet.jpg
      python -m processors.film.sheet party.heic --date 1998-07-04 --out party.jpg"""
)
@click.argument("photos", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("docs/film/contact-sheet.jpg"),
              show_default=True, help="Where the sheet goes.")  # fmt: skip
@click.option("--date", "taken_on", type=click.DateTime(["%Y-%m-%d"]), default="2026-11-21", show_default=True,
              help="The date that is stamped.")  # fmt: skip
def main(photos: tuple[Path, ...], out: Path, taken_on: datetime) -> None:
    """Filter PHOTOS and put them on a contact sheet, before beside after.

    Without PHOTOS it takes the photographs that come with scikit-image and scikit-learn.
    """
    pairs = list(filtered_pairs(photos or sample_photos(), taken_on.date()))
    if not pairs:
        raise click.ClickException("none of the photos could be filtered")
    sheet = contact_sheet(pairs)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(sheet)
    click.echo(f"{out}: {len(pairs)} photos, {len(sheet) // 1000} KB")


if __name__ == "__main__":
    main()
