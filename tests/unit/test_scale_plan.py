"""`darkroom plan scale`: its numbers follow from the projections, the gateway and the figures, and docs/scale.md shows
what it prints. `python -m tests.unit.test_scale_plan` writes that anew."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from math import ceil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from bench.harness.screens import SCREENS as MEASURED_SCREENS
from events.codec import topic_of
from events.generated import EVENTS, Event, PhotoDeveloped, PhotoLiked, PhotoTaken
from ops.cli import main
from ops.errors import OperatorError
from ops.partition_plan import tallies
from ops.scale.assumptions import RARE, Assumptions, events_a_day, in_peak_hour
from ops.scale.costs import costs, story
from ops.scale.figures import NEEDED, PERFORMANCE, SCREENS, Figures, read_figures
from ops.scale.plan import Plan, plan
from ops.scale.rows import a_year, index_places, occupied, set_places
from ops.scale.writes import ASKED, Asked, asked_a_day
from processors.catalog import every_table
from processors.handlers.fold import fold, subscribers
from processors.handlers.reader import Read
from processors.handlers.writer import Writer
from processors.transport.lease import Lease
from projections.catalog import of_topic
from projections.store.memory import MemoryStore
from projections.store.protocol import by_partition
from projections.store.table import Stamped
from tests.gateway.test_costs import WRITES
from tests.partitions import PARTITIONING
from tests.projections.counting import CountingStore

ROOT = Path(__file__).resolve().parents[2]
DOC = ROOT / "docs/scale.md"
BLOCK = re.compile(r"(?<=```text\n)\$ (darkroom plan scale[^\n]*)\n(.*?)(?=```)", re.DOTALL)
# Round numbers, so that what comes out can be checked by hand.
FIGURES = Figures("by hand", dict.fromkeys(NEEDED, 100.0))
A_DAY = events_a_day(Assumptions())
SCREEN_OF = {
    "peer_roll_page_cold": "GET /v1/rolls/{roll}?include=photos,members",
    "peer_profile_cold": "GET /v1/users/{user}?include=photos,rolls",
    "peer_photo_with_comments_cold": "GET /v1/photos/{photo}?include=comments",
    "peer_my_rolls_cold": "GET /v1/users/{user}/rolls",
}


class WriteCountingStore(CountingStore):
    """Counts the requests of writes, too."""

    async def write(self, rows: Sequence[Stamped]) -> None:
        self.requests += len(by_partition(rows))
        await super().write(rows)

    async def write_together(self, rows: Sequence[Stamped]) -> None:
        self.requests += 1
        await super().write_together(rows)


def printed(command: str) -> str:
    """What a command prints: its words begin with `darkroom`."""
    result = CliRunner().invoke(main, command.split()[1:])
    assert result.exit_code == 0, result.output
    return result.output


def current(text: str) -> str:
    """The page, with what its command prints now."""
    return BLOCK.sub(lambda block: f"$ {block[1]}\n{printed(block[1])}", text)


def planned(**assumed: Any) -> Plan:
    return plan(replace(Assumptions(), **assumed), FIGURES, 64)


def needed(of: Plan) -> dict[str, int]:
    return {one.what: one.needed for one in of.work}


def test_the_page_shows_what_its_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = DOC.read_text()
    assert len(BLOCK.findall(text)) == 1
    assert current(text) == text, "run `python -m tests.unit.test_scale_plan`"


def test_every_type_of_event_is_counted_or_said_to_be_rare() -> None:
    counted = list(A_DAY)
    assert sorted(kind.__name__ for kind in (*counted, *RARE)) == sorted(kind.__name__ for kind in EVENTS.values())


async def asked_by_a_worker(store: WriteCountingStore, event: Event) -> int:
    """How many requests a worker makes that folds an event alone, behind what the store has."""
    topic = topic_of(type(event))
    projections = of_topic(topic)
    record: Any = SimpleNamespace(partition=0)
    folded = fold(
        [Read(0, event, record)], dict.fromkeys((one.name for one in projections), 0), subscribers(projections)
    )
    before = store.requests
    assert await Writer(topic, store).write(0, folded, Lease.of()) == []
    return store.requests - before


def test_an_event_costs_the_requests_that_the_writer_makes() -> None:
    store = WriteCountingStore(MemoryStore(PARTITIONING))

    async def asked() -> dict[type[Event], int]:
        return {type(event): await asked_by_a_worker(store, event) for event in story(A_DAY)}

    assert {kind: cost.requests for kind, cost in costs(A_DAY).items()} == asyncio.run(asked())


def test_rows_that_later_events_write_again_are_opened_once() -> None:
    opened = [(one.table, one.own) for cost in costs(A_DAY).values() for one in cost.rows if one.opened]
    assert opened.count(("photo", "")) == 2  # the photo, and its placement
    assert opened.count(("likers", "")) == 2  # the like, and who likes
    assert opened.count(("roll_feed", "")) == opened.count(("likers", "likers")) == 1


def test_a_column_that_is_written_again_takes_no_more_bytes() -> None:
    [taken, developed] = [costs(A_DAY)[kind] for kind in (PhotoTaken, PhotoDeveloped)]
    size_of = [{(one.table, one.own): one.bytes for one in cost.rows} for cost in (taken, developed)]
    assert size_of[0]["counts", "developing_of_user"] > size_of[1]["counts", "developing_of_user"] == 0
    assert size_of[1]["photo", ""] > 0


def test_every_set_and_every_index_has_its_places() -> None:
    a = Assumptions()
    assert set_places(a, A_DAY, 64).keys() == {one.name for one in tallies()}
    lists = {one.listed.name for one in tallies() if one.listed}
    only_keys = {table.name for table in every_table() if table.columns == table.key}
    assert index_places(a, A_DAY, 64).keys() == only_keys - lists - {"removals_due"}


def test_things_that_fall_into_places_share_them() -> None:
    assert occupied(1, 1_000_000) == pytest.approx(1, rel=1e-5)
    assert occupied(1_000_000, 10) == pytest.approx(10)
    assert 600 < occupied(1_000, 1_000) < 650


def test_a_table_gains_the_rows_of_its_events() -> None:
    grown = {one.table: one for one in a_year(Assumptions(), A_DAY, costs(A_DAY), 64)}
    photos, likes = 365 * A_DAY[PhotoTaken], 365 * A_DAY[PhotoLiked]
    assert grown["photo"].rows == pytest.approx(photos * (1 + 1.2))
    assert grown["develop_due"].rows == photos
    assert likes * 2.9 < grown["likers"].rows < likes * 3  # nearly each like is in a shard without another
    assert grown["develop_due_days"].rows == pytest.approx(64 * 365)


def test_what_a_write_asks_is_what_the_gateway_asks() -> None:
    costs_of = {(write.route, write.what): write.cost.plus(**write.with_key) for write in WRITES}
    stated = [asked for each in ASKED.values() for asked in each]
    found = [costs_of[asked.route, asked.what] for asked in stated]
    assert stated == [
        Asked(one.route, cost.reads, cost.transactions, cost.writes, one.what)
        for one, cost in zip(stated, found, strict=True)
    ]


def test_what_a_screen_costs_is_what_its_page_says() -> None:
    rows = re.findall(r"^\| [^|]* \| `([^`]*)` \|.*\| (\d+) \|$", (ROOT / "docs/screens.md").read_text(), re.MULTILINE)
    stated = {request: int(cost) for request, cost in rows}
    assert {figure: stated[request] for figure, request in SCREEN_OF.items()} == SCREENS
    assert {f"peer_{name}_cold" for name in MEASURED_SCREENS} == SCREENS.keys()


def test_nine_oclock_is_the_largest_zones_day_within_the_minutes() -> None:
    [developed] = [one for one in planned().events if one.event == PhotoDeveloped.__name__]
    assert (developed.hour, developed.nine) == (0, 10_000_000 * 0.4 * 3 * 0.25 / 600)
    assert [one.nine for one in planned(nine_minutes=5.0).events] == [2 * one.nine for one in planned().events]


def test_processes_follow_from_the_figures() -> None:
    of = planned()
    assert needed(of)["develop"] == 5_000 / (100 * 0.5)
    assert needed(of)["filter, a core each"] == pytest.approx(333.4 / (10 * 0.5), rel=0.01)
    assert needed(of)["API"] == pytest.approx((4_444.4 + 2_500) / (100 * 0.5), rel=0.01)
    assert needed(planned(busy=1.0))["develop"] == 50
    [photos] = [one for one in of.work if one.what == "worker: photos"]
    rates = {one.event: one.peak * one.cost.requests for one in of.events if one.topic == "photos"}
    assert (photos.rate, photos.each) == (sum(rates.values()), 100 * 6)
    assert of.partitions_for_workers == photos.needed


def test_expand_is_planned_where_it_was_measured() -> None:
    measured = plan(Assumptions(), Figures("", {**FIGURES.ours, "expand": 50.0}), 64)
    assert "expand" not in needed(planned())
    assert needed(measured)["expand"] == 5_000 / (50 * 0.5)


def test_the_replicas_of_a_row_are_all_written_and_a_quorum_of_them_is_read() -> None:
    one, three = planned(replicas=1).database, planned().database
    assert sum(three.requests.values()) == sum(one.requests.values())
    assert 2 * one.replica_requests < three.replica_requests < 3 * one.replica_requests
    assert three.bytes_a_year == pytest.approx(3 * one.bytes_a_year)
    assert three.nodes_for_a_year == ceil(three.bytes_a_year / 2e12)


def test_a_transaction_is_four_rounds_of_its_replicas() -> None:
    one = planned(replicas=1).database  # of which every other request asks one
    asks = asked_a_day(Assumptions(), A_DAY)
    rate = sum(in_peak_hour(Assumptions(), asks[kind]) * each.transactions for kind in asks for each in ASKED[kind])
    assert one.replica_requests - sum(one.requests.values()) == pytest.approx(3 * rate)


def test_the_log_keeps_every_copy_of_every_record() -> None:
    of = planned()
    assert of.log_bytes_a_year == pytest.approx(365 * 3 * sum(one.a_day * one.cost.log_bytes for one in of.events))
    assert of.brokers_for_a_year == ceil(of.log_bytes_a_year / 10e12) > planned(people=1000).brokers_for_a_year == 3


def test_a_year_is_folded_anew_by_a_worker_for_each_partition() -> None:
    hours = planned().rebuild_hours
    photos = 365 * sum(one.a_day * one.cost.requests for one in planned().events if one.topic == "photos")
    assert hours["photos"] == max(hours.values()) == pytest.approx(photos / (64 * 600) / 3600)


def test_tables_want_so_many_partitions() -> None:
    assert planned().partitions_for_tables == 64
    assert planned(people=2_000_000_000).partitions_for_tables > 64


def test_a_run_of_the_bench_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text(json.dumps({name: {"ours": 7.0, "reference": 1, "unit": "x"} for name in (*NEEDED, "expand")}))
    assert read_figures(path) == Figures(str(path), dict.fromkeys((*NEEDED, "expand"), 7.0))


def test_the_page_with_the_figures_is_read_and_the_first_row_of_a_figure_counts(tmp_path: Path) -> None:
    stated = read_figures(PERFORMANCE)
    assert stated.source == "docs/performance.md"
    path = tmp_path / "page.md"
    rows = [f"| `{name}` (a note) | 1,234.5 events/s | 1 events/s | 2 |" for name in NEEDED]
    path.write_text("\n".join([*rows, "| `filter` | 7 ms | 1 ms | 2 |", "| `api` | 16 | 271, 212 |"]))
    assert read_figures(path).ours == dict.fromkeys(NEEDED, 1_234.5)


@pytest.mark.parametrize("text", ["{}", "[]", "nothing", '{"filter": {"ours": 1}}', '{"filter": 1}'])
def test_figures_that_lack_something_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text(text)
    with pytest.raises(OperatorError, match=r"bench\.json"):
        read_figures(path)
    with pytest.raises(OperatorError, match=r"gone\.md can't be read"):
        read_figures(tmp_path / "gone.md")


def test_without_a_path_the_last_run_counts_and_else_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ops.commands import plan_scale

    monkeypatch.setattr(plan_scale, "settings", lambda: SimpleNamespace(home=tmp_path))
    assert "Measured: docs/performance.md" in printed("darkroom plan scale")
    run = tmp_path / "bench.json"
    run.write_text(json.dumps({name: {"ours": 7.0} for name in NEEDED}))
    assert f"Measured: {run}" in printed("darkroom plan scale")


def test_each_assumption_can_be_given_and_is_said() -> None:
    given = {one.name: 1 if isinstance(one.default, int) else 0.5 for one in fields(Assumptions)}
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in given.items())
    page = f"darkroom plan scale --figures {PERFORMANCE} --json"
    whole = json.loads(printed(f"{page} {options}"))
    assert whole["assumptions"] == given
    assert whole["figures"] == "docs/performance.md"
    assert whole.keys() > {one.name for one in fields(Plan)}
    assert json.loads(printed(page))["assumptions"] == {one.name: one.default for one in fields(Assumptions)}


def test_help_has_examples_and_a_share_is_none_above_one() -> None:
    assert "darkroom plan scale --people 1000000" in printed("darkroom plan scale --help")
    assert CliRunner().invoke(main, ["plan", "scale", "--active", "1.1"]).exit_code == 2
    assert CliRunner().invoke(main, ["plan", "scale", "--photos", "0"]).exit_code == 2


if __name__ == "__main__":
    DOC.write_text(current(DOC.read_text()))
