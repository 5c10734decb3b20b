"""Everything is where a newcomer looks for it: a read model in its topic's folder, and in the list."""

import importlib
import pkgutil
from types import ModuleType

import pytest

import projections
from events.topics import TOPICS
from projections.catalog import PROJECTIONS
from projections.projection import Projection
from projections.tally.tally import Tally

FOLDERS = sorted(set(TOPICS) - {"deadletters"})


def modules_of(topic: str) -> list[ModuleType]:
    """Every module in a topic's folder."""
    folder = importlib.import_module(f"projections.{topic}")
    return [importlib.import_module(f"{folder.__name__}.{each.name}") for each in pkgutil.iter_modules(folder.__path__)]


@pytest.mark.parametrize("each", PROJECTIONS, ids=lambda each: each.name)
def test_a_projection_lies_in_the_folder_of_the_topic_that_feeds_it(each: Projection | Tally) -> None:
    (topic,) = each.topics
    assert each._fold.__module__.startswith(f"projections.{topic}.")


@pytest.mark.parametrize("topic", FOLDERS)
def test_every_projection_in_a_topics_folder_is_in_the_list(topic: str) -> None:
    found = [
        value
        for module in modules_of(topic)
        for value in vars(module).values()
        if isinstance(value, Projection | Tally) and value._fold.__module__ == module.__name__
    ]
    assert found
    assert set(found) <= set(PROJECTIONS)


@pytest.mark.parametrize("topic", FOLDERS)
def test_every_topic_of_facts_has_a_folder(topic: str) -> None:
    assert topic in {each.name for each in pkgutil.iter_modules(projections.__path__) if each.ispkg}
