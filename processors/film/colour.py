"""Whatever a picture's pixels are, to sRGB."""

from __future__ import annotations

from io import BytesIO
from typing import cast

import numpy as np
from PIL import Image, ImageCms

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_WHITE = (255, 255, 255)
_RESIZABLE = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})


def resizable(image: Image.Image) -> Image.Image:
    """The same picture in a mode that can be scaled: palettes looked up, 16 bits cut to 8, transparency explicit."""
    if image.mode in _RESIZABLE:
        return _with_alpha(image)
    if image.mode.startswith("I"):
        high = np.asarray(image).astype(np.int64).clip(0, 65535) >> 8
        return _with_profile_of(image, Image.fromarray(high.astype(np.uint8)))
    return _with_profile_of(image, image.convert("RGBA" if image.has_transparency_data else "RGB"))


def to_srgb(image: Image.Image) -> Image.Image:
    """The picture as RGB in sRGB, on white where it is transparent, and without any metadata.

    Its ICC profile is honoured (relative colorimetric); one that is broken or doesn't fit is ignored.
    """
    profile = cast("bytes | None", image.info.get("icc_profile"))
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is not None:
        image = image.convert("L" if image.mode == "LA" else "RGB")
    opaque = _through_profile(image, profile) if profile else image
    if opaque.mode != "RGB":
        opaque = opaque.convert("RGB")
    if alpha is not None:
        paper = Image.new("RGB", opaque.size, _WHITE)
        paper.paste(opaque, mask=alpha)
        opaque = paper
    opaque.info = {}
    return opaque


def _with_alpha(image: Image.Image) -> Image.Image:
    """A picture with one transparent colour (PNG's tRNS), as one with an alpha channel."""
    if image.mode in ("L", "RGB") and "transparency" in image.info:
        return _with_profile_of(image, image.convert("LA" if image.mode == "L" else "RGBA"))
    return image


def _with_profile_of(image: Image.Image, converted: Image.Image) -> Image.Image:
    converted.info = {key: value for key, value in image.info.items() if key == "icc_profile"}
    return converted


def _through_profile(image: Image.Image, icc: bytes) -> Image.Image:
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        if "sRGB" in ImageCms.getProfileDescription(profile):
            return image
        converted = ImageCms.profileToProfile(
            image, profile, _SRGB, ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return image if converted is None else converted
