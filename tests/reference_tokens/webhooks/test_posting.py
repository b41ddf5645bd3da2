"""Messages go to public addresses alone, whatever a name says when, and wait for no receiver for long (T75)."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from reference_tokens.webhooks import hosts, posting
from reference_tokens.webhooks.hosts import is_public
from reference_tokens.webhooks.posting import Answer, Message, as_http, left, post
from tests.receiver import Receiver, raw_server, receiver

pytestmark = pytest.mark.once

PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.254",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "192.88.99.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd12::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
]
PUBLIC = ["8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450::1"]

Resolve = Callable[..., None]


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Let every name lead to these addresses, one lookup after the other."""
    lookup = socket.getaddrinfo

    def resolve(*addresses: str) -> None:
        answers = iter(addresses)

        def found(_host: str, port: int, **options: Any) -> Any:
            return lookup(next(answers), port, **options)

        monkeypatch.setattr(socket, "getaddrinfo", found)

    return resolve


@pytest.fixture(name="receiver")
def running_receiver() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


def message(url: str, body: str = "{}") -> Message:
    return Message(url, {"webhook-id": "1"}, body)


@pytest.mark.parametrize("address", PRIVATE)
def test_t75_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_none_of_these(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_t75_no_way_to_write_a_private_address_reaches_a_receiver(receiver: Receiver, settings: Any, host: str) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    port = receiver.url.split(":")[2]
    assert post(message(f"http://{host}:{port}")).fault in {"not_allowed", "no_host"}
    assert receiver.requests == []


def test_t75_a_name_is_looked_up_once_and_the_address_that_was_checked_is_connected_to(
    receiver: Receiver, settings: Any, resolved: Resolve, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    connected: list[Any] = []

    def refuse(_connection: socket.socket, address: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "socket", type("Socket", (socket.socket,), {"connect": refuse}))
    # A second lookup would lead to this machine.
    resolved("8.8.8.8", "127.0.0.1", "127.0.0.1")
    port = int(receiver.url.split(":")[2].split("/")[0])
    assert post(message(f"http://rebinding.example:{port}/")).fault == "no_connection"
    assert connected == [("8.8.8.8", port)]


def test_t75_a_private_address_beside_a_public_one_is_left_out(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    both = [(socket.AF_INET, 0, 0, "", (address, 443)) for address in ("10.0.0.1", "8.8.8.8")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: both)
    assert [place.sockaddr for place in hosts.allowed_places("example.com", 443)] == [("8.8.8.8", 443)]


def test_the_next_address_of_a_host_is_tried_where_one_takes_no_connection(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    port = int(receiver.url.split(":")[2].split("/")[0])
    both = [(socket.AF_INET, 0, 0, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: both)
    assert post(message(f"http://example.com:{port}/hook")).status == 204
    assert receiver.requests[0].headers["host"] == f"example.com:{port}"


def test_an_address_of_a_host_that_answers_nothing_leaves_time_for_the_next(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    monkeypatch.setattr(posting, "MOST_SECONDS", 6)
    port = int(receiver.url.split(":")[2].split("/")[0])
    both = [(socket.AF_INET, 0, 0, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: both)
    with socket.socket() as silent, ExitStack() as stack:
        silent.bind(("127.0.0.2", port))
        silent.listen(0)
        # The queue is full: who comes next hears nothing.
        for _place in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.2", port))
        assert post(message(f"http://example.com:{port}/hook")).status == 204


@pytest.fixture
def allowed(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True


@pytest.mark.usefixtures("allowed")
def test_a_host_without_an_address_is_told_as_such() -> None:
    assert post(message("http://nowhere.invalid/")).fault == "no_host"


@pytest.mark.usefixtures("allowed")
def test_a_port_at_which_nobody_listens_is_told_as_such() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert post(message(f"http://127.0.0.1:{unused.getsockname()[1]}/")).fault == "no_connection"


@pytest.mark.usefixtures("allowed")
def test_a_connection_that_is_closed_without_an_answer_is_told_as_none() -> None:
    with raw_server(b"") as port:
        assert post(message(f"http://127.0.0.1:{port}/")).fault == "no_connection"


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("answer", [b"no http at all\r\n\r\n", b"HTTP/1.1 99999 x\r\n\r\n"])
def test_an_answer_that_is_not_http_is_told_as_such(answer: bytes) -> None:
    with raw_server(answer) as port:
        assert post(message(f"http://127.0.0.1:{port}/")).fault == "no_http"


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nX: ", b"HT", b"HTTP/1.1 200 OK\r\nX-Long: "])
def test_an_answer_that_does_not_end_is_waited_for_until_the_deadline(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "MOST_SECONDS", 0.3)
    with raw_server(answer) as port:
        assert post(message(f"http://127.0.0.1:{port}/")) == Answer(fault="timeout")


@pytest.mark.usefixtures("allowed")
def test_a_status_counts_though_the_rest_of_the_answer_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "SECONDS_FOR_THE_REST", 0.1)
    with raw_server(b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000000\r\n\r\nabc") as port:
        assert post(message(f"http://127.0.0.1:{port}/")).status == 202


@pytest.mark.usefixtures("allowed")
def test_no_more_of_an_answer_is_read_than_a_few_kilobytes() -> None:
    with raw_server(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000) as port:
        assert post(message(f"http://127.0.0.1:{port}/")).status == 200


@pytest.mark.usefixtures("allowed")
def test_tls_that_fails_is_told_as_such(receiver: Receiver) -> None:
    assert post(message(receiver.url.replace("http://", "https://"))).fault == "tls"


@pytest.mark.usefixtures("allowed")
def test_tls_is_asked_for_the_name_of_the_host(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Any] = []

    class Context:
        def wrap_socket(self, connection: socket.socket, *, server_hostname: str) -> socket.socket:
            asked.append(server_hostname)
            return connection

    monkeypatch.setattr(posting, "tls", Context)
    url = receiver.url.replace("http://127.0.0.1", "https://localhost")
    assert post(message(url)).status == 204
    assert asked == ["localhost"]


def test_tls_wants_a_certificate_of_the_host_that_this_machine_trusts() -> None:
    context = posting.tls()
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_after_the_deadline_nothing_is_begun() -> None:
    with pytest.raises(TimeoutError):
        left(0)


def test_a_message_is_posted_to_the_whole_path_of_an_address() -> None:
    parts = urlsplit("https://example.com:8443?a=b")
    head, _end, body = as_http(parts, message("", '{"a":"é"}')).partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[:2] == [b"POST /?a=b HTTP/1.1", b"Host: example.com:8443"]
    assert b"Content-Length: 10" in head
    assert body == '{"a":"é"}'.encode()
