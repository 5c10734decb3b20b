"""Three sizes, nothing in them but the picture, and a blurhash."""

from io import BytesIO

import blurhash as oracle
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from processors.film.blurhash import blurhash
from processors.film.filter import filter_photo
from processors.film.version import filter_version
from tests.film.pictures import DAY, PHOTO, encoded, exif, filtered, opened, scene

SECRETS = (b"Exif", b"GPS", b"SecretPhone", b"http://ns.adobe.com", b"52.52", b"hello", b"ICC_PROFILE", b"<x:xmp")
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>52.52</exif:GPSLatitude></x:xmpmeta>'


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        ((4032, 3024), [(2016, 1512), (1080, 810), (320, 240)]),
        ((3024, 4032), [(1512, 2016), (810, 1080), (240, 320)]),
        ((1600, 900), [(1600, 900), (1080, 608), (320, 180)]),
        ((900, 1080), [(900, 1080), (900, 1080), (267, 320)]),
        ((300, 200), [(300, 200), (300, 200), (300, 200)]),
        ((5000, 3), [(2048, 2), (1080, 1), (320, 1)]),
        ((1, 1), [(1, 1), (1, 1), (1, 1)]),
    ],
)
def test_sizes(size: tuple[int, int], sizes: list[tuple[int, int]]) -> None:
    data = encoded(Image.new("RGB", size, (120, 90, 60)))
    outcome = filtered(filter_photo(PHOTO, data, DAY))
    assert [(v.width, v.height) for v in outcome.variants.values()] == sizes
    assert [opened(v).size for v in outcome.variants.values()] == sizes
    assert list(outcome.variants) == ["full", "feed", "thumb"]
    assert outcome.version == filter_version()


def telling(kind: str) -> bytes:
    """A picture with GPS position, camera, XMP, comment and profile."""
    if kind == "HEIF":
        file, out = pillow_heif.from_pillow(scene(160, 120)), BytesIO()
        file.info["exif"], file.info["xmp"] = exif().tobytes(), XMP
        file.save(out)
        return out.getvalue()
    return encoded(scene(160, 120), kind, exif=exif(), xmp=XMP, comment=b"hello", dpi=(72, 72))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_no_metadata_comes_through(kind: str) -> None:
    data = telling(kind)
    assert b"SecretPhone" in data, "the test's own picture should hold what must not come through"
    for variant in filtered(filter_photo(PHOTO, data, DAY)).variants.values():
        assert not [secret for secret in SECRETS if secret in variant.data]
        assert markers(variant.data) <= {"APP0", "DQT", "SOF0", "DHT", "SOS"}
        image = opened(variant)
        assert not image.getexif()
        assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def markers(data: bytes) -> set[str]:
    """The kinds of segments before the picture's data."""
    names = {0xE0: "APP0", 0xDB: "DQT", 0xC0: "SOF0", 0xC4: "DHT", 0xDA: "SOS"}
    found, at = set[str](), 2
    while data[at + 1] != 0xDA:
        found.add(names.get(data[at + 1], hex(data[at + 1])))
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return found


@pytest.mark.parametrize("size", [(32, 24), (24, 32), (20, 20), (320, 240), (200, 320), (1, 1), (3, 2)])
def test_the_blurhash_is_the_reference_ones(size: tuple[int, int]) -> None:
    picture = scene(640, 480).resize(size)
    small = picture.reduce(max(1, -(-max(size) // 32)))
    across, down = (4, 3) if size[0] >= size[1] else (3, 4)
    wanted = oracle.encode(np.asarray(small).tolist(), across, down)
    found = blurhash(picture)
    assert len(found) == 28
    # Whole numbers may round one step differently here and there; what they show is the same.
    ours, theirs = (np.array(oracle.decode(text, 16, 16)) for text in (found, wanted))
    assert np.abs(ours - theirs).max() <= 8
    assert sum(a != b for a, b in zip(found, wanted, strict=True)) <= 4
