"""What a photo's bytes depend on, as one string."""

from __future__ import annotations

import pillow_heif
from PIL import features

LOOK = "film-1"
"""Goes up with every change to any pixel of any variant; tests/film/test_golden.py notices."""


def _version() -> str:
    parts = [LOOK, f"pillow-{features.version('pil')}", f"jpeg-{features.version('libjpeg_turbo')}"]
    parts += [f"webp-{features.version('webp')}", f"lcms-{features.version('littlecms2')}"]
    return "_".join([*parts, f"heif-{pillow_heif.libheif_version()}"])


FILTER_VERSION = _version()
"""The look's version and its codecs': the same photo, id, date and version give the same bytes."""
