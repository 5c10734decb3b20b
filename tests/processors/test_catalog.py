"""The list of reactors, and all that follows from it."""

import subprocess
import sys
from typing import Any, cast

import pytest
from cassandra.cluster import Session

from events.codec import topic_of
from events.settings import Settings
from events.topics import FACTS
from ops.lag import READ_BY
from ops.supervisor.processes import ROOT, WORKERS
from processors.apps import APPS
from processors.catalog import every_table, reactors
from processors.handlers.reactor import Reactor
from projections.keyspace import create_all

each_reactor = pytest.mark.parametrize("reactor", reactors(), ids=lambda reactor: reactor.name)


class RecordingSession:
    """A session of a database that has no tables yet; it keeps the statements."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, statement: str) -> list[Any]:
        self.statements.append(statement)
        return []


def test_there_is_an_app_for_each_topic_of_facts_and_for_each_reactor() -> None:
    assert list(APPS) == [*FACTS, *(reactor.name for reactor in reactors())]


@each_reactor
def test_a_reactor_is_hosted_by_one_process_and_counted_in_its_lag(reactor: type[Reactor]) -> None:
    assert [name for name, apps in WORKERS.items() if reactor.name in apps] in (["worker-views"], ["worker-photos"])
    assert READ_BY[reactor.name] == reactor.topics


def test_every_app_is_hosted_by_one_process() -> None:
    assert sorted(app for apps in WORKERS.values() for app in apps) == sorted(APPS)


@each_reactor
def test_a_reactor_reads_the_topics_of_what_it_wants_and_no_others(reactor: type[Reactor]) -> None:
    assert {topic_of(event) for event in reactor.wants} == set(reactor.topics)


@each_reactor
def test_a_reactors_tables_are_created(reactor: type[Reactor]) -> None:
    settings, session = Settings.model_validate({"keyspace": "darkroom"}), RecordingSession()
    create_all(cast(Session, session), settings, every_table())
    assert {table.ddl(f"darkroom.{table.name}_1") for table in reactor.tables} <= set(session.statements)


def test_listing_the_reactors_imports_neither_faust_nor_what_filters_or_stores_images() -> None:
    """Seen to fail with `botocore` imported by what the filter asks of the bucket."""
    heavy = {"faust", "PIL", "pillow_heif", "numpy", "boto3", "botocore", "cassandra"}
    loading = "import sys; from processors.catalog import every_table; every_table()"
    program = f"{loading}; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
