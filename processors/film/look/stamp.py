"""Burns the date into the corner, as the camera's back does: seven segments of orange light."""

from __future__ import annotations

from datetime import date

from PIL import Image, ImageDraw, ImageFilter

# Segments a to g of each digit: top, upper right, lower right, bottom, lower left, upper left, middle.
_LIT = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")
# Each segment as a polygon in a cell of 60 x 100, bevelled like the real ones.
_SEGMENTS = {
    "a": ((9, 0), (51, 0), (40, 12), (20, 12)),
    "b": ((55, 3), (55, 46), (48, 49), (42, 43), (42, 15)),
    "c": ((55, 97), (55, 54), (48, 51), (42, 57), (42, 85)),
    "d": ((9, 100), (51, 100), (40, 88), (20, 88)),
    "e": ((5, 97), (5, 54), (12, 51), (18, 57), (18, 85)),
    "f": ((5, 3), (5, 46), (12, 49), (18, 43), (18, 15)),
    "g": ((14, 50), (20, 44), (40, 44), (46, 50), (40, 56), (20, 56)),
}
_TICK = ((19, 0), (32, 0), (26, 28), (19, 28))
_LIGHT = (255, 132, 36)
_GLOW = (250, 58, 8)


def burn(picture: Image.Image, taken_on: date) -> None:
    """Burns `taken_on` into the lower right corner of an upright RGB picture, as '26 11 21, in place.

    The digits are 1/25 of the short side high; a picture too small for legible digits is left alone.
    """
    height = min(picture.size) // 25
    if height < 5 or picture.width < picture.height // 2:
        return
    text = f"'{taken_on:%y %m %d}"
    digits = _draw(text, height)
    pad = height
    mask = Image.new("L", (digits.width + 2 * pad, digits.height + 2 * pad))
    mask.paste(digits, (pad, pad))
    blur = ImageFilter.BoxBlur(max(1, height // 6))
    glow = mask.filter(blur).filter(blur).point([g * 190 // 255 for g in range(256)])
    inset = height * 7 // 4
    corner = (picture.width - digits.width - inset - pad, picture.height - height - inset - pad)
    picture.paste(_GLOW, (*corner, corner[0] + mask.width, corner[1] + mask.height), glow)
    core = mask.point([g * 250 // 255 for g in range(256)])
    picture.paste(_LIGHT, (*corner, corner[0] + mask.width, corner[1] + mask.height), core)


def _draw(text: str, height: int) -> Image.Image:
    """Draws the text as a mask (mode L) `height` px high, at 100 px, and scales it down."""
    mask = Image.new("L", (_width(text), 100))
    draw, left = ImageDraw.Draw(mask), 0
    for character in text:
        for polygon in _polygons(character):
            draw.polygon([(left + x, y) for x, y in polygon], fill=255)
        left += _advance(character)
    return mask.resize((max(1, mask.width * height // 100), height), Image.Resampling.BOX)


def _polygons(character: str) -> list[tuple[tuple[int, int], ...]]:
    if character.isdigit():
        return [_SEGMENTS[segment] for segment in _LIT[int(character)]]
    return [_TICK] if character == "'" else []


def _advance(character: str) -> int:
    return 76 if character.isdigit() else 46


def _width(text: str) -> int:
    return sum(map(_advance, text))
