"""How soon a process notices that a connection is dead, the same for Cassandra and Kafka.

A network that is cut refuses nothing: packets vanish. TCP goes on sending for 15 minutes, with pauses that double, so
that it also notices late that the cut has healed: after 60 s of it, up to 40 s later. So the kernel is told to give a
connection up when nothing that it sent was acknowledged for `DEAD_SECONDS`, and to ask the other side when there is
nothing to send. That says nothing of a server which is merely slow: its kernel answers.
"""

import socket

IDLE_SECONDS = 2  # without traffic, until the kernel asks whether the other side is there
ASK_SECONDS = 1  # between two questions
# Long enough for a few retransmissions over the worst of usual links (0.8 s there and back, 5% lost); short enough that
# a new connection is there within 10 s of a heal.
DEAD_SECONDS = 5

# By name, because macOS lacks two of them; there the timeouts of each client notice, later.
SOCKET_OPTIONS: list[tuple[int, int, int]] = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (
            ("TCP_KEEPIDLE", IDLE_SECONDS),
            ("TCP_KEEPINTVL", ASK_SECONDS),
            ("TCP_KEEPCNT", DEAD_SECONDS - IDLE_SECONDS),
            ("TCP_USER_TIMEOUT", 1000 * DEAD_SECONDS),
        )
        if hasattr(socket, name)
    ),
]
