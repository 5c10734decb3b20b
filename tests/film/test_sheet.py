"""The contact sheet, and the command that makes it."""

from pathlib import Path

from click.testing import CliRunner

from processors.film.sheet import contact_sheet, main, sample_photos
from tests.film.pictures import encoded, opened, scene


def test_a_sheet_has_a_place_for_every_pair() -> None:
    pairs = [(f"photo {n}", scene(640, 480), scene(300, 400)) for n in range(3)]
    sheet = opened(contact_sheet(pairs))
    assert sheet.size == (2 * 830, 2 * 336 + 10)


def test_the_command_develops_photos_and_says_why_not(tmp_path: Path) -> None:
    good, bad, out = tmp_path / "good.jpg", tmp_path / "bad.jpg", tmp_path / "new" / "sheet.jpg"
    good.write_bytes(encoded(scene()))
    bad.write_bytes(b"not a photo")
    result = CliRunner().invoke(main, [str(good), str(bad), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "bad.jpg: This file isn't a photo" in result.output
    assert opened(out.read_bytes()).size == (1660, 346)


def test_the_command_fails_when_nothing_could_be_developed(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"not a photo")
    result = CliRunner().invoke(main, [str(bad), "--out", str(tmp_path / "sheet.jpg")])
    assert result.exit_code == 1
    assert not (tmp_path / "sheet.jpg").exists()


def test_the_sample_photos_are_there() -> None:
    assert len(sample_photos()) == 8
    assert all(photo.exists() for photo in sample_photos())
