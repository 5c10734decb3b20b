"""The law of reads: a GET costs a number of requests that depends neither on `limit` nor on how much there is."""

import re
from functools import cache
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.app import build
from producers.gateway.app import app as gateway
from tests.api.budget import BUDGETS, MORE_THAN_EIGHT, NAMES, OTHERS, OWN, path_of, requests_of
from tests.api.crowd import crowded
from tests.api.world import ROUTES, ApiWorld
from tests.kit import run

LISTS = {route.path for route in ROUTES if "Page" in route.response_model.__name__}
PARTS = {("/v1/me", "rejected"): "/v1/me/photos?state=rejected", ("/v1/me", "rolls"): "/v1/users/{user}/rolls"}
LIMITS = (10, 100)
SCREENS = Path(__file__).parents[2] / "docs" / "screens.md"


@cache
def world_of(size: int) -> ApiWorld:
    """A crowded world, made once for all tests of this file: they only read it."""
    return run(crowded(size))


def plain(template: str) -> str:
    """The route that a path is of."""
    return template.partition("?")[0].replace("@", "")


def costs(template: str, size: int, limit: int | None) -> list[int]:
    """What it costs two people to ask for a thing of either's, or a roll that either is in."""

    world, paths = world_of(size), [path_of(template, names, limit) for names in (NAMES, OTHERS)]
    return [run(requests_of(world, path, who)) for who in ("ada", "bo") for path in paths]


@pytest.mark.parametrize("template", BUDGETS)
def test_a_get_costs_its_budget_at_any_limit_and_with_ten_times_as_much(template: str) -> None:
    limits = LIMITS if plain(template) in LISTS else (None,)
    told = {(size, limit): max(costs(template, size, limit)) for size in (12, 120) for limit in limits}
    assert max(told.values()) == BUDGETS[template], told
    for size in (12, 120):
        assert len({told[size, limit] for limit in limits}) == 1, told


@pytest.mark.parametrize("template", [template for template in BUDGETS if template.startswith("/v1/")])
def test_who_asks_again_within_a_second_costs_nothing_and_who_asks_after_others_only_what_they_have_to_do_with_it(
    template: str,
) -> None:
    for names in (NAMES, OTHERS):
        path, world = path_of(template, names), world_of(12)
        assert run(requests_of(world, path, "ada", "ada")) == 0
        if "/me" not in path:
            assert run(requests_of(world, path, "bo", "ada")) <= OWN


@pytest.mark.parametrize("app", [build(), gateway], ids=["api", "gateway"])
def test_every_get_of_both_services_has_a_budget(app: FastAPI) -> None:
    gets = {path for path, methods in app.openapi()["paths"].items() if "get" in methods}
    assert gets
    assert gets <= {plain(template) for template in BUDGETS}


def test_a_page_costs_eight_requests_unless_it_is_said_why_and_a_screen_less_than_its_parts() -> None:
    pages = {template for template in BUDGETS if "include=" not in template}
    assert {template for template in pages if BUDGETS[template] > 8} == set(MORE_THAN_EIGHT)
    for template, most in BUDGETS.items():
        thing, _, lists = template.partition("?include=")
        parts = [PARTS.get((thing, name), f"{thing}/{name}") for name in lists.split(",") if name]
        assert not parts or most < BUDGETS[thing] + sum(BUDGETS[part] for part in parts), template


def test_the_documented_costs_are_those_that_are_held() -> None:
    rows = re.findall(r"^\|.*`GET ([^`]+)`.*\| (\d+) \|$", SCREENS.read_text(), re.MULTILINE)
    assert {path: int(most) for path, most in rows} == {
        path: most for path, most in BUDGETS.items() if path.startswith("/v1/")
    }
