"""What comes in is put upright, in sRGB, on white, and not larger than it need be."""

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from processors.film.decode import decode
from processors.film.formats.jpeg import draft_scale
from processors.film.limits import LIMITS
from tests.film.pictures import BLUE, GREEN, RED, WHITE, corners, encoded, exif, pixels, scene

# EXIF 2.32, 4.6.4: what must be done to the upright picture to get the one that is stored.
STORED = {
    1: [],
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


def quarters(image: Image.Image) -> list[tuple[int, ...]]:
    width, height = image.size
    spots = [(width // 4, height // 4), (3 * width // 4, height // 4)]
    spots += [(x, 3 * height // 4) for x, _ in spots]
    return [tuple(int(level) for level in pixels(image)[y, x]) for x, y in spots]


def near(found: list[tuple[int, ...]], wanted: list[tuple[int, int, int]], by: int = 12) -> bool:
    return bool(np.abs(np.array(found) - np.array(wanted)).max() <= by)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_is_put_upright(orientation: int, kind: str) -> None:
    stored = corners()
    for step in STORED[orientation]:
        stored = stored.transpose(step)
    upright = decode(encoded(stored, kind, exif=exif(orientation)), LIMITS).image
    assert upright.size == (120, 80)
    assert near(quarters(upright), [RED, GREEN, BLUE, WHITE], by=40 if kind == "WEBP" else 12)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_means_upright(orientation: int) -> None:
    assert decode(encoded(corners(), exif=exif(orientation)), LIMITS).image.size == (120, 80)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_heic_is_turned_once(orientation: int) -> None:
    """libheif turns the picture by its own properties; EXIF's orientation must not turn it again."""
    stored = corners()
    for step in STORED[orientation]:
        stored = stored.transpose(step)
    file = pillow_heif.from_pillow(stored)
    file.info["exif"] = exif(orientation).tobytes()
    upright = decode(heic(file), LIMITS).image
    assert upright.size == (120, 80)
    assert near(quarters(upright), [RED, GREEN, BLUE, WHITE], by=40)


def heic(file: pillow_heif.HeifFile, **options: object) -> bytes:
    from io import BytesIO

    out = BytesIO()
    file.save(out, quality=95, **options)
    return out.getvalue()


@pytest.mark.parametrize(("size", "full"), [((4032, 3024), 2016), ((4000, 3000), 2000), ((4096, 3072), 2048)])
def test_phone_pictures_halve_while_they_are_decoded(size: tuple[int, int], full: int) -> None:
    assert draft_scale(max(size), wanted=LIMITS.draft_px) == 2
    assert max(decode(encoded(Image.new("RGB", size)), LIMITS).image.size) == full


@pytest.mark.parametrize(("long_side", "scale"), [(1, 1), (3999, 1), (4000, 2), (7999, 2), (8064, 4), (16320, 8)])
def test_draft_scales_never_fall_short_of_what_is_wanted(long_side: int, scale: int) -> None:
    assert draft_scale(long_side, wanted=2000) == scale


def test_a_picture_between_the_scales_is_resized() -> None:
    assert decode(encoded(Image.new("RGB", (3000, 2000))), LIMITS).image.size == (2048, 1365)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_lies_on_white(kind: str) -> None:
    picture = corners().copy()
    picture.putalpha(0)
    assert pixels(decode(encoded(picture, kind, lossless=True), LIMITS).image).min() == 255


def test_a_palette_with_a_transparent_colour_lies_on_white() -> None:
    picture = corners().quantize(4)
    red = int(np.asarray(picture)[0, 0])
    found = quarters(decode(encoded(picture, "PNG", transparency=red), LIMITS).image)
    assert near(found, [(255, 255, 255), GREEN, BLUE, WHITE])


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_every_png_mode_becomes_rgb(mode: str) -> None:
    grey = scene(64, 48).convert("L")
    levels = np.asarray(grey).astype(np.uint16) * 257
    picture = Image.fromarray(levels) if mode == "I;16" else scene(64, 48).convert(mode)
    out = decode(encoded(picture, "PNG"), LIMITS).image
    assert out.mode == "RGB"
    if mode in ("L", "I;16", "LA"):
        assert np.abs(pixels(out)[:, :, 0] - np.asarray(grey)).max() <= 1


def test_cmyk_and_grey_jpegs_become_rgb() -> None:
    cmyk = decode(encoded(corners().convert("CMYK"), quality=95), LIMITS).image
    assert near(quarters(cmyk), [RED, GREEN, BLUE, WHITE], by=30)
    assert decode(encoded(corners().convert("L")), LIMITS).image.mode == "RGB"


def test_an_sRGB_profile_is_nothing_to_do_and_a_broken_one_is_ignored() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert decode(encoded(corners(), icc_profile=srgb), LIMITS).profile is None
    broken = decode(encoded(corners(), icc_profile=b"\0" * 200), LIMITS)
    assert broken.profile is None
    assert near(quarters(broken.image), [RED, GREEN, BLUE, WHITE])


def test_nothing_but_pixels_is_handed_on() -> None:
    data = encoded(corners(), exif=exif(6), comment=b"hello", dpi=(300, 300))
    assert decode(data, LIMITS).image.info == {}
