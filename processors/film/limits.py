"""The limits on what a photo may cost. Every number has its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one photo may ask for, and the sizes that come out of it.

    - `cpu_seconds`: what the photo itself costs; one that takes longer is rejected
    - `wall_seconds`: how long the parent waits for a worker: longer, because a busy machine is not the photo's fault.
      When it is over, the photo is rejected only if it had all of its CPU time
    - `memory_bytes`: the private memory (RLIMIT_DATA) of a worker process, with everything that it has loaded. The
      largest need that we know, a lossless WebP of 60 megapixels, is 1,080 MB.
    """

    pixels: int = 60_000_000
    upload_bytes: int = 30_000_000
    cpu_seconds: int = 20
    wall_seconds: float = 60.0
    memory_bytes: int = 1_300_000_000
    scans: int = 64
    """In one progressive JPEG (most have about 10); each one is a pass over the whole picture."""
    frames: int = 64
    """Pictures in one HEIC container (a phone's has 1 to 5)."""
    result_bytes: int = 16_000_000
    """In a worker's answer; a longer one can't be an answer of our worker."""

    full_px: int = 2048
    """Long side of `full`; never enlarged."""
    draft_px: int = 2000
    """A JPEG decoded at 1/2, 1/4 or 1/8 must still have this long side. 4032 px phone pictures give 2016."""
    feed_px: int = 1080
    thumb_px: int = 320

    nice: int = 0
    """What a worker adds to its niceness (nice(2)): 19 at most, behind everything else that wants the CPU."""


LIMITS = Limits()
