"""traceparent (W3C Trace Context, level 1): passed on if it is valid, else a new trace begins."""

import os
import re

VALID = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent_of(given: str | None) -> str:
    """The caller's traceparent, or a new one."""
    if given is not None and VALID.fullmatch(given):
        return given
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
