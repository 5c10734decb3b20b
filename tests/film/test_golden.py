"""The same photo gives the same bytes: here, in another process, on another machine, next year."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__
from PIL import Image

from processors.film.filter import filter_photo
from processors.film.version import filter_version
from tests.film.pictures import DAY, LEAKING, PHOTO, encoded, filtered, scene

# Changing any of these hashes is a new look: count LOOK in processors/film/version.py up, and add a line here.
GOLDEN = {
    "film-1_pillow-13.0.0_jpeg-3.2.0_webp-1.6.0_lcms-2.19_heif-1.23.6": {
        "lying": "06ff61ff1537364e38bbe0aa008e92ed8bb3320e980d38e0ef6e6269cd82b5da",
        "standing": "87c9384545ff6269fe2b607663ed5ce2e0fc087f2849da3fc81741db04e4aa26",
        "large": "fb3fd8b143762c8d19b31a696a7b9acb3389bd7435cce0282658890bcc7529c6",
    },
}
PHOTOS = {"lying": (PHOTO, (640, 480)), "standing": (LEAKING, (450, 600)), "large": (PHOTO, (2048, 1366))}


def fingerprint(name: str) -> str:
    """One hash over every byte that comes out for a photo. Its input is a PNG: its pixels are what they are."""
    photo_id, size = PHOTOS[name]
    picture = scene().resize(size, Image.Resampling.NEAREST)
    outcome = filtered(filter_photo(photo_id, encoded(picture, "PNG", compress_level=1), DAY))
    total = hashlib.sha256(outcome.blurhash.encode())
    for variant in outcome.variants.values():
        total.update(variant.data)
    return total.hexdigest()


@pytest.mark.parametrize("name", PHOTOS)
def test_golden(name: str) -> None:
    known = GOLDEN.get(filter_version())
    assert known, f"{filter_version()} is a version without golden hashes: add them"
    assert fingerprint(name) == known[name]


def test_a_process_on_an_older_processor_gives_the_same_bytes() -> None:
    """Without the vector instructions of libjpeg-turbo and NumPy: other code, the same whole numbers."""
    older = {"JSIMD_FORCENONE": "1", "NPY_DISABLE_CPU_FEATURES": " ".join(__cpu_dispatch__)}
    program = f"from {__name__} import *; print([fingerprint(name) for name in PHOTOS])"
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env=os.environ | older,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == str([fingerprint(name) for name in PHOTOS])


if __name__ == "__main__":
    for name in PHOTOS:
        print(name, fingerprint(name))
