"""Pillow's own test images: what broke an image library once, kept in its source distribution."""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import PIL

CACHE = Path(__file__).parents[2] / ".darkroom" / "cache"
_OURS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF", b"\0\0\0\x18ftyp", b"\0\0\0\x1cftyp", b"\0\0\0\x20ftyp")


def pillow_images() -> list[Path]:
    """Those in the formats that we take, and the JPEGs among them under whatever name.

    Fetched with pip the first time (47 MB, about 10 seconds), then kept in .darkroom/cache. Wheels don't have them.
    """
    folder = CACHE / f"pillow-{PIL.__version__}-images"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            _extract(_download(Path(scratch)), made := Path(scratch) / "images")
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
    return sorted(folder.iterdir())


def _download(folder: Path) -> Path:
    what = ["--no-deps", "--no-binary", "pillow", f"pillow=={PIL.__version__}"]
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "-d", str(folder), *what]
    subprocess.run(command, check=True)
    return next(folder.glob("*.tar.gz"))


def _extract(archive: Path, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(archive) as members:
        for member in members:
            if member.isfile() and "/Tests/images/" in member.name and (file := members.extractfile(member)):
                data = file.read()
                if data.startswith(_OURS):
                    (folder / member.name.partition("/Tests/images/")[2].replace("/", "_")).write_bytes(data)
