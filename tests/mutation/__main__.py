"""The command: `python -m tests.mutation`, or `make mutants`."""

import sys
import time
from pathlib import Path

import click

from ops.progress import progress
from tests.mutation.accepted import DOCS, read_accepted
from tests.mutation.core import MODULES, PACKAGES
from tests.mutation.covering import covering_of
from tests.mutation.report import as_json, report, survivor, totals_of
from tests.mutation.running import FailingTests, Result, measure, run
from tests.mutation.sampling import sample
from tests.mutation.sites import mutants_of

ROOT = Path(__file__).resolve().parents[2]
EPILOG = """\b
Examples:
  make mutants                                   300 of all
  make mutants N=1000 SEED=7                     others, and more of them
  python -m tests.mutation --modules visibility  all mutants of modules with "visibility" in their names
  python -m tests.mutation --modules decide --sample 50
  python -m tests.mutation --modules tally --list
  python -m tests.mutation --json > mutants.json
"""


@click.command(epilog=EPILOG)
@click.option(
    "--sample", "size", type=click.IntRange(1), help="How many mutants. [default: 300, or all with --modules]"
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed draws the same sample.")
@click.option("--modules", multiple=True, metavar="WORD", help="Only modules with this in their names (repeatable).")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="How many at a time.")
@click.option("--json", "json_", is_flag=True, help="Print every mutant, as JSON.")
@click.option("--list", "list_", is_flag=True, help="Print the mutants that would be tested, and test none.")
def main(size: int | None, seed: int, modules: tuple[str, ...], jobs: int, json_: bool, list_: bool) -> None:
    """Tests the tests: makes small mistakes in the core rules, one at a time, and counts how many are noticed.

    Prints survivors that docs/mutants.md doesn't list. A mutant that makes a test take too long counts as killed; one
    on a line that no test runs has survived. Ends with 0 if 90 % of those not equivalent are killed, 1 if fewer are,
    2 if the tests fail without mutants.
    """
    names = [name for name in MODULES if not modules or any(word in name for word in modules)]
    if not names:
        raise click.UsageError(f"no core module has {' or '.join(modules)} in its name")
    found = {name: mutants_of(name, ROOT) for name in names}
    drawn = found if modules and size is None else sample(found, size or 300, seed)
    mutants = [mutant for name in names for mutant in drawn[name]]
    if list_:
        for mutant in mutants:
            click.echo(f"{mutant.name.module}:{mutant.line} {mutant.operator} {mutant.name}")
        return
    accepted = read_accepted(ROOT / DOCS)
    began = time.monotonic()
    try:
        click.echo("measuring which tests run which lines", err=True)
        covering = covering_of(measure(ROOT, PACKAGES), ROOT, PACKAGES)
        click.echo(f"{len(covering.seconds)} tests without servers, in {time.monotonic() - began:.0f} s", err=True)
        with progress("mutants") as tell:
            done: list[Result] = []

            def told(result: Result) -> None:
                done.append(result)
                tell(len(done), len(mutants))
                if not (json_ or result.killed or result.mutant.name in accepted):
                    click.echo(survivor(result) + "\n")

            results = run(mutants, covering, ROOT, jobs, told)
    except FailingTests as error:
        click.echo(f"The tests fail without a mutant:\n{error}", err=True)
        sys.exit(2)
    seconds = time.monotonic() - began
    click.echo(as_json(results, accepted, seconds) if json_ else report(results, accepted))
    click.echo(f"in {seconds:.0f} s", err=True)
    sys.exit(0 if totals_of(results, accepted).enough else 1)


if __name__ == "__main__":
    main()
