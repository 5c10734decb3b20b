"""Files that mean harm, or are none of what they say."""

import struct
import zipfile
import zlib
from io import BytesIO

import pillow_heif
from PIL import Image, PngImagePlugin

from tests.film.pictures import corners, encoded, scene


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, *between: bytes, rows: bytes = b"", colours: int = 0) -> bytes:
    """A PNG whose header says 8-bit grey (or RGBA: colours=6) of this size, with any chunks before its data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows or bytes(width + 1) * height, 9))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(between) + data + chunk(b"IEND", b"")


def many_scans(image: Image.Image, scans: int) -> bytes:
    """A progressive JPEG whose last scan, a few bytes for a plain picture, is repeated."""
    data = encoded(image, progressive=True)
    start, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    return data[:start] + data[start:end] * scans + data[end:]


def resized_header(data: bytes, width: int, height: int) -> bytes:
    """The same JPEG, saying that it is larger."""
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def heif(images: list[Image.Image], **options: object) -> bytes:
    """A HEIC with these pictures."""
    file, out = pillow_heif.HeifFile(), BytesIO()
    for image in images:
        file.add_from_pillow(image)
    file.save(out, quality=60, **options)
    return out.getvalue()


def resized_heic(data: bytes, width: int, height: int) -> bytes:
    """The same HEIC, saying that it is larger (its first `ispe` box)."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def heic_grid() -> bytes:
    """A HEIC whose picture is made of tiles, as phones write them."""
    pillow_heif.options.GRID_TILE_SIZE = 64
    try:
        return heif([scene(200, 150)])
    finally:
        pillow_heif.options.GRID_TILE_SIZE = 0


def zipped() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", encoded(corners()))
    return out.getvalue()


def text_bomb() -> bytes:
    """A PNG with 200 text chunks that unpack to a megabyte each, and a plain one of 8 MB."""
    packed = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000), 9))
    return png_of(8, 8, *[packed] * 200, chunk(b"tEXt", b"Comment\0" + b"a" * 8_000_000))


def profile_bomb() -> bytes:
    """A PNG whose colour profile unpacks to 20 MB."""
    return png_of(8, 8, chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(bytes(20_000_000), 9)))


def animated(kind: str) -> bytes:
    frames = [scene(64, 48), corners(64, 48)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def noisy_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 100_000, zip=True)
    return encoded(corners(), "PNG", pnginfo=info)


HARMLESS = {
    "heic grid": heic_grid(),
    "heic sequence": heif([scene(64, 48), corners(64, 48), corners(48, 64)], primary_index=1),
    "animated png": animated("PNG"),
    "animated webp": animated("WEBP"),
    "png with text": noisy_text(),
    "png with text bombs": text_bomb(),
    "png with a profile bomb": profile_bomb(),
    "jpeg with rubbish behind it": encoded(corners()) + b"\xff\xda" * 1000,
    "jpeg with a comment full of scans": encoded(corners(), comment=b"\xff\xda\0\x02" * 1000),
    "59 megapixel png in 60 KB": png_of(7_680, 7_680),
    "progressive jpeg": encoded(corners(), progressive=True),
}
"""What looks odd and is a photo all the same."""

HARMFUL = {
    "nothing": (b"", "empty"),
    "text": (b"hello, this is not a photo", "not_a_photo"),
    "html": (b"<!doctype html><img src=x onerror=alert(1)>", "not_a_photo"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not_a_photo"),
    "zip": (zipped(), "not_a_photo"),
    "gif": (encoded(corners(), "GIF"), "not_a_photo"),
    "bmp": (encoded(corners(), "BMP"), "not_a_photo"),
    "tiff": (encoded(corners(), "TIFF"), "not_a_photo"),
    "avif": (encoded(corners(), "AVIF"), "not_a_photo"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_a_photo"),
    "mp4": (b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2" + bytes(99), "not_a_photo"),
    "jpeg's first bytes": (b"\xff\xd8\xff", "damaged"),
    "png's first bytes": (b"\x89PNG\r\n\x1a\n", "damaged"),
    "webp's first bytes": (b"RIFF\x10\0\0\0WEBPVP8 ", "damaged"),
    "heic's first bytes": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "damaged"),
    "jpeg of rubbish": (b"\xff\xd8\xff" + bytes(range(256)) * 20, "damaged"),
    "31 MB": (encoded(corners()) + bytes(31_000_000), "too_many_bytes"),
    "100 megapixel png": (png_of(10_000, 10_000, rows=bytes(9)), "too_many_pixels"),
    "4 gigapixel png": (png_of(65_535, 65_535, rows=bytes(9)), "too_many_pixels"),
    "100 megapixel jpeg": (resized_header(encoded(corners()), 10_000, 10_000), "too_many_pixels"),
    "268 megapixel webp": (
        b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (16383).to_bytes(3, "little") * 2 + bytes(20),
        "too_many_pixels",
    ),
    "heic that claims 100 megapixels": (resized_heic(heif([scene(64, 48)]), 10_000, 10_000), "damaged"),
    "1000 scans": (many_scans(corners(), 1000), "too_many_parts"),
    "70 pictures in a heic": (heif([corners(16, 16)] * 70), "too_many_parts"),
    "png with a second header": (
        png_of(8, 8, chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0))),
        "damaged",
    ),
}
"""What must be rejected, and with which code."""
