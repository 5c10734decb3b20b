"""What appends to the log: the gateway with its decisions, and the publisher, which is the only way into the log."""
