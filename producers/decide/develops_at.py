"""When a photo develops: at 9 am on the calendar day after the gateway received it, in the photographer's time zone.

The rule at the edges (RULE_VERSION names it; a change of the rule needs a new one):

- The next day is the calendar's, whatever the hour: a photo taken at 00:30 waits for the next day's 9 am.
- A 9 am that the clocks skip is later by as much as they skip (RFC 5545, section 3.3.5: a local time that doesn't exist
  is read with the offset before the gap). A day that was skipped whole, like 30 December 2011 in Apia, gives 9 am on
  the day after it.
- A 9 am that occurs twice is the first of the two.

Offsets come from the tzdata package and never from the machine, so that two gateways agree. RULE_VERSION has the
package's version in it.
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
    """Returns the names of all IANA zones, without `Factory`, which stands for a zone that isn't set."""
    return frozenset(zoneinfo.available_timezones() - {"Factory"})


def develops_at(received_at: datetime, zone: str) -> datetime:
    """Returns when (UTC) a photo received at this time develops, in an IANA zone. Raises KeyError if there is none."""
    local = ZoneInfo(zone)
    morning = received_at.astimezone(local).date() + timedelta(days=1)
    return datetime.combine(morning, NINE, local).astimezone(UTC)


def develops(received_at: datetime, zone: str, delay: timedelta | None) -> tuple[datetime, str]:
    """Returns when a photo develops, and the version of the rule. A `delay` takes the rule's place, for demos."""
    if delay is None:
        return develops_at(received_at, zone), RULE_VERSION
    return received_at + delay, f"delay-{int(delay.total_seconds())}s"
