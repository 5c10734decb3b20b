"""Connections to Cassandra: what a refused login means, and how long an unanswered first packet is waited for."""

import socket
import time

import pytest
from cassandra import AuthenticationFailed
from cassandra.connection import Connection, ConnectionException, DefaultEndPoint
from cassandra.pool import _HostReconnectionHandler

from projections.store import connection
from projections.store.connection import PromptConnection


def refused(monkeypatch: pytest.MonkeyPatch, why: str) -> Exception:
    """What comes of a login that is refused."""

    def factory(*_: object, **__: object) -> Connection:
        raise AuthenticationFailed(why)

    monkeypatch.setattr(connection.Driver, "factory", factory)
    with pytest.raises((AuthenticationFailed, ConnectionException)) as raised:
        PromptConnection.factory(DefaultEndPoint("127.0.0.1"), 1.0)
    return raised.value


def test_a_node_that_cannot_read_the_roles_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(monkeypatch, "Unable to perform authentication: Cannot achieve consistency level QUORUM")
    handler = _HostReconnectionHandler.__new__(_HostReconnectionHandler)
    handler.host = "a node"
    assert handler.on_exception(error, 0.5)  # the driver's own question whether to go on


def test_a_wrong_password_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(monkeypatch, "Provided username worker and/or password are incorrect")
    assert isinstance(error, AuthenticationFailed)


def test_a_first_packet_that_nobody_answers_is_given_up_long_before_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "SYN_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        with socket.create_connection(address):  # fills the backlog: the next first packet is dropped
            began = time.monotonic()
            with pytest.raises(OSError):  # noqa: PT011 - the driver's, with any words
                PromptConnection.factory(DefaultEndPoint(*address), timeout=10.0)
            assert time.monotonic() - began < 5
