"""Absent keys: how long is waited for people's keys that aren't there, over all partitions of an app.

A key is written before its person's first event, so that one which is absent was lost, or is being restored right now.
Its records become dead letters, and can be redriven. That is worth some seconds of waiting, but not for each person:
a restore that is under way brings all keys back, and one that isn't brings none.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from uuid import UUID

KEPT = 10_000  # people whose keys were waited for in vain
FIRST_LOOK = 0.05  # seconds until the first look, doubling with each
LOOKS = 8  # so 12.75 s at most
RESTED_SECONDS = 600.0  # after which a wait in vain says nothing about the next


class AbsentKeys:
    """Says how often to look again for absent keys, which are waited for together.

    Each person's is waited for once; one that is there again is found in any case, because every batch asks for it.
    Each wait in vain halves the next one's time, so that all waits together take no more than two, however many keys
    are lost and whenever each of them comes up. One key that came back while it was waited for makes the next wait a
    whole one again, and so do RESTED_SECONDS without any."""

    def __init__(self, looks: int = LOOKS, now: Callable[[], float] = time.monotonic):
        self._looks, self._now = looks, now
        self._left = looks  # of the next wait
        self._waited = 0.0  # when the last wait in vain ended
        self._given_up: OrderedDict[UUID, None] = OrderedDict()

    def looks(self, absent: Collection[UUID]) -> int:
        """How often to look again for these keys: 0 if each of them was waited for, or waiting is in vain."""
        if all(person in self._given_up for person in absent):
            return 0
        if self._now() - self._waited >= RESTED_SECONDS:
            self._left = self._looks
        return self._left

    def waited(self, absent: Collection[UUID], left: Collection[UUID], looks: int) -> None:
        """Notes what came of so many looks for absent keys: these people are `left` without."""
        if looks and len(left) < len(absent):
            self._left = self._looks
        elif looks:
            self._left, self._waited = looks - 1, self._now()
        for person in left:
            self._given_up[person] = None
            self._given_up.move_to_end(person)
        while len(self._given_up) > KEPT:
            self._given_up.popitem(last=False)


def pause_before(look: int) -> float:
    """Seconds to wait before a look, from 0 on."""
    return FIRST_LOOK * 2**look
