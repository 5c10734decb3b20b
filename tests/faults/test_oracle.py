"""The independent fold finds what is wrong, exactly that, and shares no code with what it checks."""

import ast
from pathlib import Path

import pytest

from events.ids import NIL
from tests.faults.processes import until
from tests.faults.system import System
from tests.oracle import compare
from tests.oracle.tables import layout

FOLDER = Path(compare.__file__).parent


def imported(path: Path) -> set[str]:
    """The top packages and the modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "say where from"
            names.add(str(node.module))
    return names


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_the_fold_shares_no_code_with_what_it_checks(path: Path) -> None:
    for name in imported(path):
        assert name.partition(".")[0] not in ("projections", "processors", "producers", "api")
        assert not name.startswith("tests.") or name.startswith("tests.oracle")


class Row:
    """One row of a table, to be spoilt and mended: stamps just above its own lose to whatever the log brings next."""

    def __init__(self, made: System, table: str, column: str) -> None:
        self._session, self._table = made.oracle.session, f"{made.settings.keyspace}.{table}_1"
        keys = layout(self._session, made.settings.keyspace)[table]
        found = self._session.execute(f"SELECT {', '.join(keys)}, {column}, WRITETIME({column}) FROM {self._table}")
        *self.key, self.value, self._stamp = next(row for row in found if row[-1] is not None)
        self._where = " AND ".join(f"{name} = %s" for name in keys)
        self._column = column

    def set(self, value: object) -> None:
        """Gives its column another value."""
        self._stamp += 1
        cql = f"UPDATE {self._table} USING TIMESTAMP {self._stamp} SET {self._column} = %s WHERE {self._where}"
        self._session.execute(cql, (value, *self.key))

    def remove(self) -> None:
        """Removes the row."""
        cql = f"DELETE FROM {self._table} USING TIMESTAMP {self._stamp} WHERE {self._where}"
        self._session.execute(cql, self.key)


@pytest.fixture
def folded(darkroom: System) -> System:
    """All of the log is folded, and no worker runs."""
    with darkroom.load(1000):
        until(lambda: len(darkroom.flows[-1].acknowledged) > 1000, "some load")
    darkroom.start()
    darkroom.catch_up()
    darkroom.stop_workers()
    assert darkroom.oracle.differences() == []
    return darkroom


def test_what_was_tampered_with_is_found_and_nothing_else(folded: System) -> None:
    spoilt: dict[str, tuple[str, object]] = {
        "followers": ("total", 1_000_000),
        "counts": ("total", 999_999),
        "photo": ("etag", "another"),
        "comments": ("author_id", NIL),
        "progress": ("offset", 0),
    }
    rows = {table: Row(folded, table, column) for table, (column, _) in spoilt.items()}
    for table, row in rows.items():
        row.set(spoilt[table][1])
    found = folded.oracle.differences()
    for table, row in rows.items():
        column, value = spoilt[table]
        (line,) = [line for line in found if line.startswith(f"{table} ")]
        assert line.endswith(f": {column} is {value!r}, the log says {row.value!r}")
        assert all(str(part) in line for part in row.key)
    assert len(found) == len(rows)
    for row in rows.values():
        row.set(row.value)
    assert folded.oracle.differences() == []


def test_a_row_that_is_gone_and_one_too_many_are_found(folded: System) -> None:
    gone, table = Row(folded, "users_by_handle", "held"), f"{folded.settings.keyspace}.users_by_handle_1"
    gone.remove()
    folded.oracle.session.execute(f"INSERT INTO {table} (handle_hmac, user_id, held) VALUES ('none', {NIL}, true)")
    missing, extra = folded.oracle.differences()
    assert missing.startswith("users_by_handle handle_hmac=")
    assert missing.endswith(f"missing; the log says {{'held': {gone.value}}}")
    assert extra == f"users_by_handle handle_hmac=none user_id={NIL}: the log says nothing of this row {{'held': True}}"
    gone.set(gone.value)
    folded.oracle.session.execute(f"DELETE FROM {table} WHERE handle_hmac = 'none'")
    assert folded.oracle.differences() == []
