"""traceparent (W3C Trace Context, level 1): passed on if it is valid; otherwise a new trace begins."""

import os
import re

VALID = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent_or_new(header: str | None) -> str:
    """Returns the caller's traceparent if it is valid, or that of a new trace."""
    if header is not None and VALID.fullmatch(header):
        return header
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
