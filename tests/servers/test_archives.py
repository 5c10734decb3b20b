"""Archives of the servers' classes: made once, kept whole, and named by what they are for."""

from dataclasses import replace
from pathlib import Path

import pytest

from ops.servers import archives
from ops.servers.archives import Archive, archive
from ops.supervisor.children import Children
from tests.servers.programs import shell


@pytest.fixture
def made(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "kafka-new.jsa", tmp_path / "kafka-1.part")


def test_a_server_without_an_archive_makes_one_and_then_uses_it(made: Archive) -> None:
    assert f"-XX:ArchiveClassesAtExit={made.part}" in made.options()
    made.part.write_text("classes")
    assert made.after is not None
    made.after(143)
    assert f"-XX:SharedArchiveFile={made.file}" in made.options()
    assert made.after is None


def test_what_a_killed_server_wrote_is_not_kept(made: Archive) -> None:
    made.part.write_text("half of the cla")
    made.keep(-9)
    assert not made.file.exists()
    assert not made.part.exists()


def test_a_new_archive_takes_the_place_of_older_ones_of_its_server_alone(made: Archive, tmp_path: Path) -> None:
    old, others = tmp_path / "kafka-old.jsa", tmp_path / "s3-old.jsa"
    for path in (old, others, made.part):
        path.write_text("classes")
    made.keep(0)
    assert {path.name for path in tmp_path.iterdir()} == {"kafka-new.jsa", "s3-old.jsa"}


def test_an_archive_is_named_by_java_and_the_jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = tmp_path / "jars" / "kafka" / "kafka.jar"
    jar.parent.mkdir(parents=True)
    jar.write_text("one")
    monkeypatch.setattr(archives, "jars", lambda server: tmp_path / "jars" / server)
    monkeypatch.setattr(archives, "version", lambda: "17.0.15")
    first = archive("kafka")
    assert archive("kafka").file == first.file
    assert archive("kafka").part != first.part
    jar.write_text("another")
    second = archive("kafka")
    monkeypatch.setattr(archives, "version", lambda: "17.0.16")
    assert len({first.file, second.file, archive("kafka").file}) == 3


def test_a_program_that_writes_as_it_ends_is_not_killed_first(tmp_path: Path) -> None:
    statuses: list[int] = []
    greeted = tmp_path / "greeted"
    script = f"trap 'exit 7' TERM; touch {greeted}; while :; do sleep 0.05; done"
    program = shell("kafka", script, tmp_path, ready=greeted.exists)
    writes = replace(program, after=statuses.append)
    children = Children(tmp_path / "logs")
    children.start([writes])
    children.stop(grace=0)
    assert statuses == [7]


def test_a_crash_is_one_also_for_a_program_that_writes_as_it_ends(tmp_path: Path) -> None:
    statuses: list[int] = []
    program = shell("kafka", "exec sleep 600", tmp_path)
    children = Children(tmp_path / "logs")
    children.start([replace(program, after=statuses.append)])
    children.kill("kafka")
    process = children["kafka"].process
    assert process is not None
    assert process.returncode == -9
    children.stop(grace=0)
    assert statuses == []
