"""Says what came of the mutants, to people or as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from tests.mutation.accepted import DOCS
from tests.mutation.running import Result
from tests.mutation.sites import Name

NEEDED = 90.0  # per cent of the mutants that aren't equivalent


@dataclass(frozen=True, slots=True)
class Totals:
    """How many mutants were killed and survived; `equivalent` and `unreached` are among the survivors."""

    mutants: int
    killed: int
    survived: int
    equivalent: int
    unreached: int

    @property
    def percent(self) -> float:
        """How many of those not equivalent were killed."""
        different = self.mutants - self.equivalent
        return 100.0 * self.killed / different if different else 100.0

    @property
    def enough(self) -> bool:
        """Whether the tests notice what they must."""
        return self.percent >= NEEDED

    def __str__(self) -> str:
        return (
            f"{self.mutants} mutants: {self.killed} killed, {self.survived} survived ({self.equivalent} equivalent by "
            f"{DOCS}), {self.unreached} on lines no test runs: {self.percent:.1f} % of those not equivalent killed"
        )


def totals_of(results: Sequence[Result], accepted: Mapping[Name, str]) -> Totals:
    """Counts."""
    survived = [result for result in results if not result.killed]
    equivalent = sum(result.mutant.name in accepted for result in survived)
    unreached = sum(result.unreached and result.mutant.name not in accepted for result in survived)
    return Totals(len(results), len(results) - len(survived), len(survived), equivalent, unreached)


def report(results: Sequence[Result], accepted: Mapping[Name, str]) -> str:
    """The entries of docs/mutants.md that are killed, and the totals."""
    parts = [
        f"{DOCS} lists one that is killed, by {each.reason}:\n{each.mutant.name.module} {each.mutant.name}"
        for each in results
        if each.killed and each.mutant.name in accepted
    ]
    return "\n\n".join([*parts, str(totals_of(results, accepted))])


def survivor(result: Result) -> str:
    """A survivor: where, what, and the line to list it with."""
    mutant = result.mutant
    where = f"{mutant.file}:{mutant.line} {mutant.name.function} ({mutant.operator}): {result.reason}"
    return f"{where}\n- {mutant.name}\n{mutant.diff()}"


def as_json(results: Sequence[Result], accepted: Mapping[Name, str], seconds: float) -> str:
    """Everything."""
    totals = totals_of(results, accepted)
    mutants = [
        {
            **asdict(each.mutant.name),
            "operator": each.mutant.operator,
            "line": each.mutant.line,
            "killed": each.killed,
            "reason": each.reason,
            "tests": each.tests,
            "accepted": accepted.get(each.mutant.name),
        }
        for each in results
    ]
    return json.dumps({**asdict(totals), "percent": totals.percent, "seconds": seconds, "mutants": mutants}, indent=1)
