"""Asks a broker which features it has: librdkafka can't. One request of Kafka's protocol, ApiVersions version 4.

https://kafka.apache.org/protocol.html#The_Messages_ApiVersions
"""

import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO

ELIGIBLE_LEADER_REPLICAS = "eligible.leader.replicas.version"
ANSWER_SECONDS = 5.0
API_VERSIONS, VERSION = 18, 4  # version 3 leaves out the features that can be turned off
SUPPORTED, FINALIZED = 0, 2  # tags
NAME = b"darkroom"
HEAD = struct.pack(">hhih", API_VERSIONS, VERSION, 1, len(NAME)) + NAME + b"\0"
REQUEST = HEAD + 2 * (bytes([len(NAME) + 1]) + NAME) + b"\0"  # the client's name and its version, and no tags


@dataclass(frozen=True, slots=True)
class Features:
    """The greatest version of each feature that a broker supports, and that its cluster has turned on."""

    supported: Mapping[str, int]
    finalized: Mapping[str, int]


def features(bootstrap: str) -> Features:
    """Asks the first of the brokers (`host:port,host:port`) that answers. Raises OSError if none does."""
    failure: OSError = ConnectionError("no broker is named")
    for broker in bootstrap.split(","):
        host, _, port = broker.strip().rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS) as connection:
                connection.sendall(struct.pack(">i", len(REQUEST)) + REQUEST)
                with connection.makefile("rb") as answer:
                    return parsed(BytesIO(taken(answer.read, struct.unpack(">i", taken(answer.read, 4))[0])))
        except OSError as error:
            failure = error
    raise failure


def taken(read: Callable[[int], bytes], size: int) -> bytes:
    """So many bytes. Raises ConnectionError if there are fewer."""
    data = read(size)
    if len(data) != size:
        raise ConnectionError("the broker's answer ends too early")
    return data


def parsed(answer: BytesIO) -> Features:
    """The features in an answer, which begins with the request's number. Raises ConnectionError if it is an error."""
    (_, error) = struct.unpack(">ih", taken(answer.read, 6))
    if error:
        raise ConnectionError(f"the broker answers with error {error}")
    for _ in range(varint(answer) - 1):
        taken(answer.read, 6)  # an API and its versions
        tags(answer)
    taken(answer.read, 4)  # the throttle time
    tagged = tags(answer)
    return Features(levels(tagged.get(SUPPORTED), 1), levels(tagged.get(FINALIZED), 0))


def levels(data: bytes | None, which: int) -> dict[str, int]:
    """Features and one of their two versions each, of an array; none if the broker says nothing of it."""
    found: dict[str, int] = {}
    if data is not None:
        array = BytesIO(data)
        for _ in range(varint(array) - 1):
            name = taken(array.read, varint(array) - 1).decode()
            found[name] = struct.unpack(">hh", taken(array.read, 4))[which]
            tags(array)
    return found


def varint(data: BytesIO) -> int:
    """An unsigned number of variable length."""
    value = shift = 0
    while True:
        byte = taken(data.read, 1)[0]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value


def tags(data: BytesIO) -> dict[int, bytes]:
    """Tagged fields, by tag."""
    found: dict[int, bytes] = {}
    for _ in range(varint(data)):
        tag = varint(data)
        found[tag] = taken(data.read, varint(data))
    return found
