"""`darkroom plan partitions`: no table's partitions become too large, and a table made too coarse is found."""

import copy
import json
from dataclasses import fields

import pytest
from click.testing import CliRunner

from ops.cli import main
from ops.partition_plan import MOST_ROWS, Extremes, Planned, largest_sets, plan, row_rules, spread, tallies
from processors.catalog import every_table
from projections.graph.followers import followers
from projections.reactions.comments import COMMENTS
from projections.tally.tally import Tally

PRODUCTION = 64
COARSE_AT_40 = (*("followers", "roll_followers", "developing_in_roll", "photos_in_roll", "likers"),)


def beyond(planned: list[Planned]) -> set[str]:
    return {one.table for one in planned if one.too_large}


def test_in_production_no_partition_is_too_large() -> None:
    asked = Extremes(followers=50_000_000, likes=5_000_000, due=300_000)
    assert Extremes() == asked
    assert beyond(plan(asked, PRODUCTION)) == set()


def test_every_table_has_a_rule_and_no_rule_is_of_none() -> None:
    of_tallies = {table.name for tally in tallies() for table in tally.tables}
    assert {table.name for table in every_table()} == of_tallies | row_rules(Extremes(), PRODUCTION).keys()
    assert largest_sets(Extremes()).keys() == {tally.name for tally in tallies()}


def test_a_set_that_is_split_too_little_is_found() -> None:
    def coarse() -> list[Tally]:
        one = copy.copy(followers)
        one.splits = 7
        return [one if tally is followers else tally for tally in tallies()]

    assert beyond(plan(Extremes(), PRODUCTION, coarse)) == {"followers", "followers_by_time"}


@pytest.mark.parametrize(
    ("more", "table"),
    [
        ({"comments_an_hour": 100_001}, "comments"),
        ({"roll_photos_a_day": 100_001}, "roll_feed"),
        ({"own_photos_a_month": 100_001}, "photos_of_user"),
        ({"due": 60_000_000}, "develop_due"),
        ({"ends_an_hour": 7_000_000}, "removals_due"),
    ],
)
def test_a_bucket_that_is_too_coarse_is_found(more: dict[str, int], table: str) -> None:
    assert beyond(plan(Extremes(**more), PRODUCTION)) == {table}


def test_a_partition_of_few_large_rows_is_found() -> None:
    planned = plan(Extremes(comments_an_hour=95_000), PRODUCTION)
    [comments] = [one for one in planned if one.table == COMMENTS.name]
    assert comments.rows < MOST_ROWS
    assert comments.too_large


def test_the_largest_of_many_parts_is_above_their_mean_and_never_above_the_whole() -> None:
    assert spread(50_000_000, 640) == 78_125 + 1_119
    assert spread(6_400, 64, together=100) == 100 + 400
    assert (spread(3, 64), spread(3, 1)) == (1, 3)


def test_the_command_prints_every_table_and_names_those_that_are_too_large() -> None:
    fine = CliRunner().invoke(main, ["plan", "partitions", "--partitions", "64", "--json"])
    assert fine.exit_code == 0
    assert [one["table"] for one in json.loads(fine.output)] == [table.name for table in every_table()]
    few = CliRunner().invoke(main, ["plan", "partitions", "--partitions", "40"])
    assert few.exit_code == 1
    assert few.output.count("  too large\n") == len(COARSE_AT_40)
    assert f"Error: With 40 partitions a topic, {', '.join(COARSE_AT_40)} may have partitions above" in few.output


def test_each_extreme_can_be_given() -> None:
    options = [word for one in fields(Extremes) for word in (f"--{one.name.replace('_', '-')}", "1")]
    assert CliRunner().invoke(main, ["plan", "partitions", "--partitions", "1", *options]).exit_code == 0
