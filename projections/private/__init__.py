"""What the log can't rebuild: people's keys, and claims to unique values."""
