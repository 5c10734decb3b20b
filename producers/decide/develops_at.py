"""When a photo develops: at 9 am of the calendar day after the gateway received it, where the photographer is.

The rule, for the local times that clocks make awkward (the version below names it; a change needs a new one):

- The day after is the calendar's, whatever the hour: a photo of 00:30 waits for the next day's 9 am.
- A 9 am that the clocks skip is put off by as much as they skip (RFC 5545, section 3.3.5: a local time that doesn't
  exist is read with the offset before the gap). So a day that was skipped whole, as Apia's 30 December 2011, gives
  9 am of the day that came instead.
- A 9 am that comes twice is the first of the two.

Offsets come from the tzdata package and never from the machine, so that two gateways agree; their version is
in the rule's.
"""

import zoneinfo
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from zoneinfo import ZoneInfo

zoneinfo.reset_tzpath([])
ZoneInfo.clear_cache()

NINE = time(9)
RULE_VERSION = f"next-morning-9am/1 tzdata {version('tzdata')}"


@cache
def zones() -> frozenset[str]:
    """The IANA zones that there are; `Factory` says of itself that it is none."""
    return frozenset(zoneinfo.available_timezones() - {"Factory"})


def develops_at(received_at: datetime, zone: str) -> datetime:
    """When (UTC) a photo develops that was received at a time, in an IANA zone. KeyError if there is no such zone."""
    local = ZoneInfo(zone)
    morning = received_at.astimezone(local).date() + timedelta(days=1)
    return datetime.combine(morning, NINE, local).astimezone(UTC)


def develops(received_at: datetime, zone: str, delay: timedelta | None) -> tuple[datetime, str]:
    """When a photo develops, and the version of the rule that says so. `delay` takes the rule's place in a demo."""
    if delay is None:
        return develops_at(received_at, zone), RULE_VERSION
    return received_at + delay, f"delay-{int(delay.total_seconds())}s"
