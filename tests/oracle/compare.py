"""The log's word against the read models': `differences(settings)` is empty when every row of every table is right."""

import sys
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cassandra.cluster import Session

from events.settings import Settings
from tests.oracle import consequences, rows, sets, tables
from tests.oracle.copies import Copies
from tests.oracle.log import Fact, Log

KINDS = {
    "accounts": {"UserRegistered", "ProfileChanged", "HandleChanged", "UserDeactivated", "UserReactivated"},
    "graph": {"UserFollowed", "UserUnfollowed"},
    "rolls": {
        "RollCreated", "RollChanged", "RollDeleted", "RollFollowed", "RollUnfollowed",
        "MemberInvited", "MemberJoined", "MemberRoleChanged", "MemberLeft", "MemberRemoved",
    },
    "photos": {
        "PhotoTaken", "PhotoFiltered", "PhotoRejected", "PhotoDeveloped", "PhotoAddedToRoll", "PhotoRemovedFromRoll",
        "PhotoDevelopedInRoll", "PhotoDeleted", "PhotoTakenDown",
    },
    "reactions": {"PhotoLiked", "PhotoUnliked", "CommentPosted", "CommentDeleted"},
}  # fmt: skip


class Fold:
    """What facts fold to, one after the other; each partition's in order."""

    def __init__(self) -> None:
        self._rows: dict[str, tables.Rows] = {}
        self._sets = sets.Sets()

    def take(self, fact: Fact) -> None:
        """Folds one fact."""
        for table, key, columns in rows.rows_of(fact):
            self._rows.setdefault(table, {}).setdefault(key, {}).update(columns)
        self._sets.take(fact)

    def expected(self, ends: Mapping[tuple[str, int], int]) -> dict[str, tables.Rows]:
        """Every row of every table, without the columns that are null; `ends` are the partitions' next offsets."""
        expected = {table: dict(found) for table, found in self._rows.items()}
        for table, key, columns in self._sets.rows():
            full = {name: value for name, value in columns.items() if value is not None}
            expected.setdefault(table, {})[key] = full
        folded = expected.setdefault("progress", {})
        for (topic, partition), offset in ends.items():
            of_sets = [spec.table for spec in sets.SETS if spec.topic == topic]
            for name in (*rows.ROWS.get(topic, ()), *of_sets):
                folded[topic, partition, name, 1] = {"offset": offset}
        return expected

    def missing(self) -> list[str]:
        """A line for each fact that should have followed from others and wasn't among them (yet)."""
        return list(consequences.missing(self._sets, self._rows.get("photo", {}), self._rows.get("roll", {})))


class Oracle:
    """The fold of the log so far. `settings` reach Kafka, the registry and (as superuser) Cassandra."""

    def __init__(self, settings: Settings, session: Session) -> None:
        self._settings, self.session = settings, session
        self.log = Log(settings, session)
        self._fold, self._copies = Fold(), Copies(settings.copy_window)
        self.records = self.copies = 0
        self.ids: dict[tuple[str, int, int], UUID] = {}  # every record's event, by where it is

    def fold(self) -> None:
        """Folds what was appended since the last time. A copy is a record of the log, and no fact."""
        for fact in self.log.read():
            self.records += 1
            identity = self.ids[fact.topic, fact.partition, fact.offset] = fact.fields["event_id"]
            if self._copies.take(fact.topic, fact.partition, identity, fact.appended):
                self.copies += 1
            else:
                self._fold.take(fact)

    def expected(self) -> dict[str, tables.Rows]:
        """Every row of every table, without the columns that are null."""
        return self._fold.expected(self.log.next)

    def missing(self) -> list[str]:
        """A line for each fact that should have followed from others and isn't in the log (yet)."""
        self.fold()
        return self._fold.missing()

    def differences(self) -> list[str]:
        """A line for each row (and column) that isn't what the log says. Call it when the workers have caught up.

        Of the tables that it was taught: `make faults` fails while there is another one."""
        self.fold()
        expected = self.expected()
        present = tables.layout(self.session, self._settings.keyspace)
        found = [f"{table}: the table is missing" for table in sorted(expected.keys() - present.keys())]
        for table in sorted(TABLES & present.keys()):
            actual = tables.scan(self.session, self._settings.keyspace, table, present[table])
            found += of_table(table, present[table], expected.get(table, {}), actual)
        return found


TABLES = {
    *(name for topic in rows.ROWS.values() for name in topic),
    *("photos_of_user_buckets", "roll_feed_buckets", "comments_buckets", "develop_due_buckets", "develop_due_days"),
    *("photos_of_user_times", "roll_feed_times", "removals_due_hours"),
    *(spec.table for spec in sets.SETS),
    *(f"{spec.table}_by_time" for spec in sets.SETS if spec.listed),
    *("counts", "progress"),
}


def of_table(table: str, key: list[str], expected: tables.Rows, actual: tables.Rows) -> list[str]:
    """The differences in one table."""
    if table == "progress":  # that of reactors, and of projections that it wasn't taught, isn't its business, nor are
        # the columns beside the offset: how long ago what was synced, and which record was the last
        names = {where[2] for where in expected}
        actual = {where: {"offset": row.get("offset")} for where, row in actual.items() if where[2] in names}
    expected, actual = ({where: uncorrected(row) for where, row in each.items()} for each in (expected, actual))
    found: list[str] = []
    for where, row in expected.items():
        held = actual.get(where)
        if held is None:
            found.append(f"{table} {named(key, where)}: missing; the log says {row}")
        elif held != row:
            columns = sorted(name for name in held.keys() | row.keys() if held.get(name) != row.get(name))
            said = "; ".join(f"{name} is {held.get(name)!r}, the log says {row.get(name)!r}" for name in columns)
            found.append(f"{table} {named(key, where)}: {said}")
    found += [
        f"{table} {named(key, where)}: the log says nothing of this row {row}"
        for where, row in actual.items()
        if where not in expected
    ]
    return found


def uncorrected(row: dict[str, Any]) -> dict[str, Any]:
    """A row without how often it was corrected, or counted anew, of which the log says nothing."""
    return {name: value for name, value in row.items() if name != "epoch"}


def named(key: list[str], values: tuple[Any, ...]) -> str:
    """A row's key in words."""
    return " ".join(f"{name}={value}" for name, value in zip(key, values, strict=True))


def differences(settings: Settings) -> list[str]:
    """Folds the whole log and compares every table. Empty: the read models are what the log says."""
    with tables.session_of(settings) as session:
        oracle = Oracle(settings, session)
        try:
            return oracle.differences()
        finally:
            oracle.log.close()


if __name__ == "__main__":
    from events.settings import settings as read_settings
    from ops.secrets import with_secrets

    lines = differences(with_secrets(read_settings()))
    print("\n".join(lines) or "no differences")
    sys.exit(1 if lines else 0)
