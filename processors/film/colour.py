"""Converts pictures of any mode to RGB, with the profile that their colours are meant in."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_WHITE = (255, 255, 255)
_UNFIT = (ImageCms.PyCMSError, OSError, ValueError, TypeError)
_SCALABLE = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})


class Picture(NamedTuple):
    """An RGB image, and the ICC profile that its values are meant in (None: sRGB)."""

    image: Image.Image
    profile: bytes | None


def to_scalable(image: Image.Image) -> Image.Image:
    """Converts a picture to a mode that can be scaled: palettes looked up, 16 bits cut to 8, transparency explicit."""
    if image.mode in _SCALABLE:
        return _with_alpha(image)
    if image.mode.startswith("I"):
        levels = np.asarray(image)
        high = (levels if levels.dtype == np.uint16 else levels.clip(0, 65535)) >> 8
        return _with_profile_of(image, Image.fromarray(high.astype(np.uint8)))
    return _with_profile_of(image, image.convert("RGBA" if image.has_transparency_data else "RGB"))


def to_rgb(image: Image.Image) -> Picture:
    """Converts a picture to RGB, on white where it is transparent, and without any metadata.

    The profile of an RGB picture is returned with it, to become part of the film's table (see `cube`), which costs
    nothing for each pixel; a grey or CMYK picture is converted here. A profile that doesn't fit is ignored.
    """
    profile = _rgb_profile(image) if image.mode in ("RGB", "RGBA") else None
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is not None:
        image = image.convert("L" if image.mode == "LA" else "RGB")
    if image.mode != "RGB":
        image = _to_srgb(image) or image.convert("RGB")
    if alpha is not None:
        paper = Image.new("RGB", image.size, _WHITE)
        paper.paste(image, mask=alpha)
        image = paper
    image.info = {}
    return Picture(image, profile)


def srgb_levels(levels: NDArray[np.uint8], profile: bytes) -> NDArray[np.uint8]:
    """Converts colours of shape (n, 3) from the space of an RGB profile to sRGB (relative colorimetric).

    They stay as they are if the profile turns out to be for something else than RGB.
    """
    image = Image.fromarray(levels[None])
    image.info["icc_profile"] = profile
    return np.asarray(_to_srgb(image) or image)[0]


def _with_alpha(image: Image.Image) -> Image.Image:
    """Gives a picture with one transparent colour (PNG's tRNS) an alpha channel."""
    if image.mode in ("L", "RGB") and "transparency" in image.info:
        return _with_profile_of(image, image.convert("LA" if image.mode == "L" else "RGBA"))
    return image


def _with_profile_of(image: Image.Image, converted: Image.Image) -> Image.Image:
    converted.info = {key: value for key, value in image.info.items() if key == "icc_profile"}
    return converted


def _rgb_profile(image: Image.Image) -> bytes | None:
    """The picture's profile, if it has one that can be read and isn't sRGB."""
    icc = cast("bytes | None", image.info.get("icc_profile"))
    if not icc:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        is_srgb = "sRGB" in ImageCms.getProfileDescription(profile)
    except _UNFIT:
        return None
    return None if is_srgb else icc


def _to_srgb(image: Image.Image) -> Image.Image | None:
    """Converts a picture to sRGB by its own profile; None if it has none that fits."""
    icc = cast("bytes | None", image.info.get("icc_profile"))
    if not icc:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        return ImageCms.profileToProfile(image, profile, _SRGB, intent, outputMode="RGB")
    except _UNFIT:
        return None
