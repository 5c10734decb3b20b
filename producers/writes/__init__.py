"""How a decision becomes records in the log: planned, made idempotent, executed."""
