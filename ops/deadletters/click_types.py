"""Times and positions as operators type them."""

import re
from datetime import UTC, datetime, timedelta

import click

from events.positions import MalformedPosition, Position, parse_position

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class TimeType(click.ParamType):
    """Takes `90s`, `30m`, `2h` or `3d` ago, or an ISO 8601 date or time (UTC unless it says otherwise)."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Returns the time in UTC. Raises click's BadParameter if it is none."""
        if ago := re.fullmatch(r"(\d{1,6})([smhd])", value):
            return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither an age (90s, 30m, 2h, 3d) nor a time (2026-11-21T09:00)", param, ctx)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


class PositionType(click.ParamType):
    """Takes a position in the log."""

    name = "position"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Position:
        """Returns the position. Raises click's BadParameter if it is none."""
        try:
            return parse_position(value)
        except MalformedPosition as error:
            self.fail(str(error), param, ctx)


TIME = TimeType()
POSITION = PositionType()
