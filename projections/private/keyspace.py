"""The private keyspace: what the log can't rebuild. The API's role can't read it."""

from events.settings import Settings

# What the log can't rebuild, in one list: back these tables up, and the registry's ids (they are in its own database).
UNREBUILDABLE = {
    "keys": "person uuid PRIMARY KEY, wrapped blob, erased boolean",
    "claims": "kind text, value text, owner uuid, event_id uuid, deadline timestamp, PRIMARY KEY ((kind, value))",
    "requests": "actor uuid, route text, key text, body text, decided_at timestamp, plan text,"
    " answer text, PRIMARY KEY ((actor, route, key))",
}


def private_keyspace(settings: Settings) -> str:
    """The keyspace's name."""
    return f"{settings.keyspace}_private"
