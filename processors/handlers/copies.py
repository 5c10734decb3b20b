"""Copies: an event id counts once, where it first stands in its partition (docs/design.md, section 3, rule 11)."""

from collections.abc import Iterable, Sequence
from typing import cast

from events.ids import event_id_of, event_ids_of
from processors.handlers.batch import Record

LEEWAY_MS = 60_000  # by how much append times may go back, as they do over leaders, without reading the log again
NEVER = -1 << 62


class Copies:
    """Finds the copies among one partition's records, which it is shown in order, from some offset on.

    A record is a copy if one with the same event id stands at a lower offset, and was appended later than `window_ms`
    before it. Whether that one is a copy itself doesn't matter. It follows from the log alone, so that everybody who
    reads it finds the same, wherever he begins.
    """

    def __init__(self, window_ms: int, begin: int = 0, since: int = NEVER):
        """`begin`: the first offset that it will be shown. Of what lies below that, nothing was appended at `since`
        (milliseconds) or later."""
        self._window = window_ms
        self._next = begin  # the offset after the last record that was shown
        self._since = since  # every record below `_next` that was appended later is known
        # Ids, and when each was appended last. The old ones are dropped together, when no record can be their copy.
        self._young: dict[bytes, int] = {}
        self._old: dict[bytes, int] = {}
        self._latest = NEVER  # the latest append time
        self._began = NEVER  # and what it was when `_young` began
        self._copies: list[int] = []  # offsets, rising

    @property
    def next_offset(self) -> int:
        """The offset after the last record that was shown."""
        return self._next

    def show(self, records: Sequence[Record]) -> int | None:
        """Shows records, in order; those that were shown before may be among them.

        Returns None when all were shown. Where append times went back too far, it stops before the first such record
        and returns an append time: `learn` what stands below `next_offset` since then, and show them again."""
        if self._show_at_once(records):
            return None
        young, old, window = self._young, self._old, self._window
        for record in records:
            offset = record.offset
            if offset < self._next:
                continue
            at = record.timestamp
            if at - window < self._since:
                return at - window - LEEWAY_MS
            self._next = offset + 1
            if at > self._latest:
                if self._began == NEVER:
                    self._began = at
                elif at - self._began >= window + LEEWAY_MS:
                    self._rotate()
                    young, old = self._young, self._old
                self._latest = at
            identity = event_id_of(record.value)
            if identity is None:
                continue
            before = young.get(identity)
            if before is None:
                before = old.get(identity)
            if before is not None:
                if before > at - window:
                    self._copies.append(offset)
                at = max(at, before)
            young[identity] = at
        return None

    def _show_at_once(self, records: Sequence[Record]) -> bool:
        """Shows records whose ids stand nowhere else, as those of nearly all batches do. Returns False, and does
        nothing, for any others: those that were shown before have ids that are known, or append times too far back.

        Costs half of what showing one after another does."""
        if not records:
            return False
        times = [record.timestamp for record in records]
        latest = max(times)
        if min(times) - self._window < self._since or latest - self._began >= self._window + LEEWAY_MS:
            return False
        identities = event_ids_of([record.value for record in records])
        young = cast(dict[bytes | None, int], self._young)
        if not (young.keys().isdisjoint(identities) and self._old.keys().isdisjoint(identities)):
            return False
        known = len(young)
        young.update(zip(identities, times, strict=True))
        if len(young) < known + len(records) or None in young:  # copies of each other, or no events
            for identity in identities:
                young.pop(identity, None)
            return False
        self._next, self._latest = records[-1].offset + 1, max(latest, self._latest)
        return True

    def _rotate(self) -> None:
        if self._old:
            self._since = max(self._since, self._began)
        self._old, self._young, self._began = self._young, {}, self._latest

    def learn(self, records: Iterable[Record], since: int) -> None:
        """Learns of the records below `next_offset` that were appended at `since` (milliseconds) or later."""
        for record in records:
            identity = event_id_of(record.value)
            if identity is not None:
                self._old[identity] = max(record.timestamp, self._old.get(identity, NEVER))
        self._since = min(self._since, since)

    def without(self, records: Iterable[Record]) -> list[Record]:
        """Returns those of the records, all shown before, that are no copies."""
        if not self._copies:
            return list(records)
        copies = set(self._copies)
        return [record for record in records if record.offset not in copies]

    def forget_below(self, offset: int) -> None:
        """Forgets which records below an offset are copies: nobody will ask."""
        if self._copies and self._copies[0] < offset:
            self._copies = [each for each in self._copies if each >= offset]
