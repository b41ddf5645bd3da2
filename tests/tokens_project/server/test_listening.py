from __future__ import annotations

import logging
import socket

import pytest

from tests.postgresql import free_port
from tokens_project.environment import BadSetting
from tokens_project.server.listening import is_no_address, require_free

pytestmark = pytest.mark.once


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "0.0.0.0", "::"])
def test_a_free_port_is_left_free(host: str) -> None:
    port = free_port()
    require_free(host, port)
    require_free(host, port)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_taken_port_is_refused(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(BadSetting, match=r"^PORT: another program listens there. End it, or give another port.$"),
    ):
        require_free(host, other.getsockname()[1])


def test_a_port_whose_server_has_just_ended_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _address = server.accept()
            accepted.close()
            client.recv(1)
    require_free("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "line"),
    [
        ("192.0.2.7", "HOST: this machine has no such address."),
        ("no-such-host.invalid", "HOST: nothing can listen on this address."),
    ],
)
def test_a_host_that_is_not_this_machine_is_refused(host: str, line: str) -> None:
    with pytest.raises(BadSetting) as refused:
        require_free(host, free_port())
    assert str(refused.value) == line


@pytest.mark.parametrize(
    ("message", "is_kept"), [("Listening at: %s (%s)", False), ("Booting worker with pid: %s", True)]
)
def test_gunicorns_own_address_is_left_out_of_the_log(message: str, is_kept: bool) -> None:
    record = logging.LogRecord("gunicorn.error", logging.INFO, "", 0, message, ("http://127.0.0.1:8000", 1), None)
    assert is_no_address(record) is is_kept
