"""What the film does to a picture."""

from datetime import date
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from processors.film.colour import Picture
from processors.film.filter import filter_photo
from processors.film.look import light, seed, stamp
from processors.film.look.cube import cube
from processors.film.look.look import expose
from tests.film.pictures import DAY, LEAKING, PHOTO, encoded, filtered, opened, pixels, scene


def exposed(image: Image.Image, photo_id: UUID = PHOTO, day: date = DAY) -> NDArray[np.int64]:
    return pixels(expose(Picture(image, None), photo_id, day))


def flat(*colour: int, size: tuple[int, int] = (800, 600)) -> Image.Image:
    return Image.new("RGB", size, colour)


def middle(levels: NDArray[np.int64]) -> NDArray[np.float64]:
    height, width, _ = levels.shape
    part = levels[height * 2 // 5 : height * 3 // 5, width * 2 // 5 : width * 3 // 5]
    return part.reshape(-1, 3).mean(axis=0)


def test_blacks_are_lifted_and_cool() -> None:
    red, green, blue = middle(exposed(flat(0, 0, 0)))
    assert 6 < red < green < blue < 26


def test_whites_stay_white_and_a_little_warm() -> None:
    red, green, blue = middle(exposed(flat(255, 255, 255)))
    assert red > 250
    assert red >= green >= blue > 236


@pytest.mark.parametrize("level", [232, 240, 248])
def test_snow_stays_clean(level: int) -> None:
    red, _, blue = middle(exposed(flat(level, level, level)))
    assert red - blue < 14


def test_greys_rise_without_a_step_back() -> None:
    ramp = [middle(exposed(flat(level, level, level, size=(160, 120)))).mean() for level in range(0, 256, 8)]
    assert (np.diff(ramp) > 0).all()


@pytest.mark.parametrize("skin", [(255, 219, 192), (224, 172, 140), (168, 110, 78), (96, 60, 44), (58, 38, 30)])
def test_skin_keeps_its_hue(skin: tuple[int, int, int]) -> None:
    red, green, blue = middle(exposed(flat(*skin)))
    before = (skin[1] - skin[2]) / (skin[0] - skin[2])  # where green lies between blue and red is skin's hue
    assert red > green > blue
    assert abs((green - blue) / (red - blue) - before) < 0.16


def test_the_same_photo_is_the_same_and_another_differs_only_in_chance() -> None:
    first, again = exposed(scene()), exposed(scene())
    other = exposed(scene(), UUID(int=PHOTO.int + 1))
    assert (first == again).all()
    assert 0 < np.abs(first - other).mean() < 6


def test_a_lamp_glows_red_into_the_dark_and_snow_does_not() -> None:
    night = flat(8, 8, 10)
    night.paste((255, 250, 240), (380, 280, 420, 320))
    levels, dark = exposed(night), exposed(flat(8, 8, 10))
    beside = levels[290:310, 424:432].mean(axis=(0, 1)) - dark[290:310, 424:432].mean(axis=(0, 1))
    assert beside[0] > 25
    assert beside[0] > 2 * beside[1] > 2 * beside[2]
    assert light.halation(flat(255, 255, 255)).max() == 0


def test_corners_are_darker_than_the_middle() -> None:
    levels = exposed(flat(128, 128, 128))
    assert levels[:40, :40].mean() < levels[280:320, 380:420].mean() - 15


def test_one_photo_in_six_has_a_light_leak() -> None:
    leaks = sum(light.leak(UUID(int=n), (8, 8)) is not None for n in range(3000))
    assert 400 < leaks < 600


def test_a_light_leak_is_warm_and_from_an_edge() -> None:
    leaked = light.leak(LEAKING, (600, 400))
    assert leaked is not None
    red, green = leaked
    assert 80 < red.max() < 256
    assert (green <= red).all()
    assert red[150:250, 250:350].mean() < red.max() / 4


@pytest.mark.parametrize("level", [64, 128])
def test_grain_is_about_as_strong_on_every_size(level: int) -> None:
    for source in (2048, 1600, 1080, 512):
        outcome = filtered(filter_photo(PHOTO, encoded(flat(level, level, level, size=(source, source)), "PNG"), DAY))
        for name, variant in outcome.variants.items():
            grey = np.asarray(opened(variant).convert("L")).astype(np.float64)
            height, width = grey.shape
            part = grey[height * 9 // 20 : height * 11 // 20, width * 9 // 20 : width * 11 // 20]
            assert 1.2 < part.std() < 4.5, (source, name)


@pytest.mark.parametrize("day", [date(2026, 11, 21), date(1998, 7, 4), date(2030, 12, 31)])
def test_the_date_is_burnt_into_the_lower_right_corner(day: date) -> None:
    before = flat(20, 20, 24)
    after = before.copy()
    stamp.burn(after, day)
    changed = np.abs(pixels(after) - pixels(before)).max(axis=2) > 0
    rows, columns = changed.any(axis=1).nonzero()[0], changed.any(axis=0).nonzero()[0]
    assert rows.min() > 600 * 0.85
    assert columns.min() > 800 * 0.6
    red, green, blue = pixels(after)[changed].max(axis=0)
    assert red > green > blue


def test_different_days_are_stamped_differently() -> None:
    stamps: set[bytes] = set()
    for n in range(1, 31):
        picture = flat(20, 20, 24)
        stamp.burn(picture, date(2026, 11, n))
        stamps.add(picture.tobytes())
    assert len(stamps) == 30


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (17, 3), (2048, 1), (3, 2048), (64, 65)])
def test_pictures_of_any_shape_can_be_exposed(size: tuple[int, int]) -> None:
    for photo in (PHOTO, LEAKING):
        assert exposed(flat(200, 100, 50, size=size), photo).shape == (size[1], size[0], 3)


def test_the_table_is_smooth() -> None:
    """Neighbouring colours stay neighbours: no banding beyond what the grain covers."""
    table = cube().view(np.uint8).reshape(64, 64, 64, 4)[..., :3].astype(np.int64)
    for axis in range(3):
        assert np.abs(np.diff(table, axis=axis)).max() <= 12


def test_chance_is_independent_of_its_other_uses() -> None:
    one, two = seed.noise(PHOTO, "a", 4096), seed.noise(PHOTO, "b", 4096)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.08
    assert 120 < one.mean() < 135
