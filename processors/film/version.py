"""What a photo's bytes depend on, as one string."""

from __future__ import annotations

from functools import lru_cache

LOOK = "film-1"
"""Goes up with every change to any pixel of any variant; tests/film/test_golden.py notices."""


@lru_cache(maxsize=1)
def filter_version() -> str:
    """The versions of the look and of its codecs: the same photo, id, date and version give the same bytes."""
    # Imported here, because whoever only asks which reactors there are shouldn't load the codecs. The packages'
    # metadata doesn't say the versions of the libraries inside them.
    import pillow_heif
    from PIL import features

    parts = [LOOK, f"pillow-{features.version('pil')}", f"jpeg-{features.version('libjpeg_turbo')}"]
    parts += [f"webp-{features.version('webp')}", f"lcms-{features.version('littlecms2')}"]
    return "_".join([*parts, f"heif-{pillow_heif.libheif_version()}"])
