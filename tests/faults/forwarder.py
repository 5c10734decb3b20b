"""Joins the host to a network namespace of its own with two TUN devices, and forwards packets as it is told.

A program of its own (standard library only, Linux, root): `python forwarder.py`. It prints the two addresses, and then
answers each line of its input, the rules (see `Rule`), with how many packets it has dropped so far. Whoever enters
`/proc/PID/ns/net` is behind it. Devices and namespace end with it and with whoever is in there: nothing is left.
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import socket
import struct
import sys
import time
from ipaddress import IPv4Address
from select import select
from typing import NamedTuple

FIRST = int(IPv4Address("198.18.0.0"))  # 198.18.0.0/15 is set aside for testing networks (RFC 2544)
NETWORKS = 1 << 15  # of four addresses each
MTU = 9000  # bytes; few packets, because each of them passes through Python
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI, IFF_UP = 0x400454CA, 0x0001, 0x1000, 0x1
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFMTU = 0x8914, 0x8916, 0x891C, 0x8922
TCP = 6


class Rule(NamedTuple):
    """What becomes of the packets of a server's port in one direction (`to` or `from` the server).

    - `delay`, `jitter`: seconds; each packet waits for `delay` give or take `jitter`, and none overtakes another
    - `loss`: the share that is dropped; 1.0 is a cut"""

    port: int
    direction: str
    delay: float
    jitter: float
    loss: float


def tun(pattern: str) -> tuple[int, str]:
    """Makes a TUN device in the present namespace: its file, and the name that it got."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    made = fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", pattern.encode(), IFF_TUN | IFF_NO_PI))
    return device, made[:16].rstrip(b"\0").decode()


def bring_up(name: str, address: int = 0) -> None:
    """Brings a device up, with an address (of a network of four) if one is given."""

    def in_family(value: int) -> bytes:
        return struct.pack("16sHH4s16x", name.encode(), socket.AF_INET, 0, IPv4Address(value).packed)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        if address:
            fcntl.ioctl(any_socket, SIOCSIFADDR, in_family(address))
            fcntl.ioctl(any_socket, SIOCSIFNETMASK, in_family(0xFFFFFFFC))
            fcntl.ioctl(any_socket, SIOCSIFMTU, struct.pack("16si20x", name.encode(), MTU))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", name.encode(), IFF_UP))


class Forwarder:
    """Forwards between two devices under the rules of the moment."""

    def __init__(self, host: int, far: int) -> None:
        self._host, self._far = host, far
        self._rules: dict[tuple[str, int], Rule] = {}
        self._waiting: list[tuple[float, int, int, bytes]] = []  # due, order of arrival, whereto, packet
        self._last: dict[tuple[str, int], float] = {}  # when the last packet that waits is due
        self._arrived = 0
        self.dropped = 0

    def obey(self, rules: list[Rule]) -> None:
        """Forwards under these rules from now on; what waits already still arrives when it is due."""
        self._rules = {(rule.direction, rule.port): rule for rule in rules}

    def run(self) -> None:
        """Forwards, and reads rules from the input, until that ends."""
        commands = sys.stdin.buffer
        while True:
            wait = max(0.0, self._waiting[0][0] - time.monotonic()) if self._waiting else None
            readable, _, _ = select([self._host, self._far, commands], [], [], wait)
            if commands in readable:
                line = commands.readline()
                if not line:
                    return
                self.obey([Rule(*rule) for rule in json.loads(line)])
                print(self.dropped, flush=True)
            if self._host in readable:
                self._take(self._host, self._far, "from", 0)
            if self._far in readable:
                self._take(self._far, self._host, "to", 2)
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, device, packet = heapq.heappop(self._waiting)
                put(device, packet)

    def _take(self, source: int, target: int, direction: str, at: int) -> None:
        for _ in range(64):  # then the other side
            try:
                packet = os.read(source, 65536)
            except BlockingIOError:
                return
            if packet[0] >> 4 != 4:
                continue  # IPv6 asks for routers, which there are none of
            key = (direction, int.from_bytes(packet[(packet[0] & 15) * 4 + at :][:2], "big"))
            rule = self._rules.get(key) if packet[9] == TCP else None
            if rule is None and not self._last.get(key):
                put(target, packet)
            elif rule is not None and random.random() < rule.loss:
                self.dropped += 1
            else:
                self._delay(target, packet, key, rule)

    def _delay(self, target: int, packet: bytes, key: tuple[str, int], rule: Rule | None) -> None:
        now, delay = time.monotonic(), 0.0
        if rule is not None:
            delay = rule.delay + random.uniform(-rule.jitter, rule.jitter)
        due = self._last[key] = max(now + delay, self._last.get(key, 0.0))
        if due <= now:
            self._last[key] = 0.0
            put(target, packet)
        else:
            self._arrived += 1
            heapq.heappush(self._waiting, (due, self._arrived, target, packet))


def put(device: int, packet: bytes) -> None:
    """Sends a packet on its way; one that the device has no room for is lost, as it would be elsewhere."""
    try:
        os.write(device, packet)
    except OSError:
        return


def main() -> None:
    """Makes the devices and the namespace, says the addresses, and forwards."""
    host, name = tun("dark%d")
    number = int(name.removeprefix("dark"))
    if number >= NETWORKS:
        sys.exit("no network is left")
    first = FIRST + 4 * number + 1
    bring_up(name, first)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        sys.exit(f"no namespace: {os.strerror(ctypes.get_errno())}")
    far, name = tun("far")
    bring_up("lo")
    bring_up(name, first + 1)
    print(IPv4Address(first), IPv4Address(first + 1), flush=True)
    Forwarder(host, far).run()


if __name__ == "__main__":
    main()
