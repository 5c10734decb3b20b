"""The figures that a plan rests on: those of a run of `make bench`, or of the tables in docs/performance.md."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OperatorError

ROOT = Path(__file__).resolve().parents[2]
PERFORMANCE = ROOT / "docs/performance.md"
ROW = re.compile(r"^\| `(\w+)`[^|]*\| ([\d,.]+) (?:[\w]+/s|ms) \|", re.MULTILINE)
CORES = 2  # of the machine that all of them were measured on, servers and load included
SCREENS: Mapping[str, int] = {  # a screen's figure, and its requests to the database (docs/screens.md)
    "peer_roll_page_cold": 17,
    "peer_profile_cold": 17,
    "peer_photo_with_comments_cold": 9,
    "peer_my_rolls_cold": 11,
}
NEEDED = ("apply_rows", "apply_tally", "develop", "filter", "peer_write", *SCREENS)


@dataclass(frozen=True, slots=True)
class Figures:
    """Our side of each figure, in its unit, and where it is from."""

    source: str
    ours: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.ours[name]

    @property
    def screens(self) -> float:
        """Screens a second of an API process, if each of SCREENS is asked for as often."""
        return len(SCREENS) / sum(1 / self[name] for name in SCREENS)


def read_figures(path: Path) -> Figures:
    """The figures in a file: what the bench wrote, or a page with its tables, of which a figure's first row counts.

    Raises OperatorError if it isn't there, or lacks a figure that is needed."""
    try:
        text = path.read_text()
        ours = (
            {name: one["ours"] for name, one in json.loads(text).items()}
            if path.suffix == ".json"
            else {name: float(value.replace(",", "")) for name, value in reversed(ROW.findall(text))}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OperatorError(f"{path} can't be read as the figures of `make bench` ({type(error).__name__})") from error
    if missing := [name for name in NEEDED if not ours.get(name)]:
        raise OperatorError(
            f"{path} lacks {', '.join(missing)}: run `make bench`, or give --figures {page(PERFORMANCE)}"
        )
    return Figures(page(path), ours)


def page(path: Path) -> str:
    """A file's name as it is printed: the same from whichever folder, if it is the project's."""
    whole = path.resolve()
    return str(whole.relative_to(ROOT)) if whole.is_relative_to(ROOT) else str(path)
