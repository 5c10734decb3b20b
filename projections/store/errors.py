"""What the driver's errors mean: a write that no retry helps, or a database that doesn't answer."""

from cassandra import InvalidRequest

from events.error_text import described
from projections.store.protocol import StoreUnavailable, Unstorable

# Cassandra 5.0's messages for writes that no retry helps: the write or its key is too large, or its key is empty. They
# are verbatim, from a live server (tests/deadletters/test_refusals.py): looser ones would match "disk usage exceeds
# failure threshold" too. An operator can mend every other refusal (a full disk, a missing or a wrong table, a role that
# lacks a right), so it is retried: a wrong deployment must not send the log to the dead letters.
PERMANENT = (
    "exceeds allowed maximum of",  # CQL Message of size 600084 bytes …: native_transport_max_message_size
    "Rejected an oversized mutation",  # where only max_mutation_size is exceeded
    "Batch too large",  # batch_size_fail_threshold: a part of it may be stored
    "is longer than maximum of 65535",  # Key length of 70000 …: a partition key or a clustering value
    "Key may not be empty",
    "Guardrail column_value_size violated",
)


def classified(error: Exception) -> Exception:
    """A driver's error as Unstorable or StoreUnavailable."""
    if isinstance(error, Unstorable | StoreUnavailable):
        return error
    message = str(error)
    if isinstance(error, InvalidRequest):
        for words in PERMANENT:
            if words in message:
                return Unstorable(f"Cassandra says: {words}")
    # What the server and its driver say quotes no values; what Python says of one that can't be bound may.
    own = type(error).__module__.startswith("cassandra")
    return StoreUnavailable(f"{type(error).__name__}: {message}" if own else described(error))
