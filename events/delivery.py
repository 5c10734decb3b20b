"""How long a record may take from a producer into the log: what claims, plans and the rule of copies reckon with."""

DELIVERY_SECONDS = 30  # after which a producer gives a record up: its `delivery.timeout.ms`

# After which a record that was handed to a producer is in the log, or never will be. What a producer has given up may
# still be in its machine's socket: Linux goes on sending the bytes of a connection that was closed for up to 102 s
# (tcp_orphan_retries: 8 doublings of 0.2 s). The rest allows for machines that are slow.
LANDED_SECONDS = 150
