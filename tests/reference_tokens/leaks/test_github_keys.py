"""T58: the keys of GitHub are fetched from one address, which leads nowhere else and cannot hold anybody up."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from requests import ReadTimeout, RequestException

from accounts.arriving_answers import joined
from reference_tokens.leaks import github_keys
from reference_tokens.leaks.github_keys import LONGEST_ANSWER, KnownKeys, fetched, keys_in

pytestmark = pytest.mark.once


@pytest.fixture
def served() -> Iterator[tuple[str, dict[str, tuple[int, dict[str, str], bytes]], list[tuple[str, str | None]]]]:
    """The address of a server, what it answers at each path, and what it was asked for with which authorization."""
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
    asked: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            status, headers, content = answers[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_given: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", answers, asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_t58_what_the_address_answers_is_fetched(served: Any) -> None:
    base, answers, _asked = served
    answers["/keys"] = (200, {}, b"x" * 65_536)
    assert fetched(f"{base}/keys") == b"x" * 65_536


def test_t58_no_redirect_is_followed(served: Any) -> None:
    base, answers, asked = served
    answers["/keys"] = (302, {"Location": f"{base}/other"}, b"")
    with pytest.raises(ValueError, match="answers 302"):
        fetched(f"{base}/keys")
    assert asked == [("/keys", None)]


def test_t58_a_long_answer_is_not_read_to_its_end(served: Any) -> None:
    base, answers, _asked = served
    # The rest of it never comes.
    answers["/keys"] = (200, {"Content-Length": "1000000"}, b"x" * 70_000)
    with pytest.raises(ValueError, match=r"^its answer is too long$"):
        fetched(f"{base}/keys")


def test_t58_no_password_of_this_machine_goes_along(
    served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, answers, asked = served
    answers["/keys"] = (200, {}, b"x")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    fetched(f"{base}/keys")
    assert asked == [("/keys", None)]


def test_t58_an_address_that_answers_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_keys, "SECONDS_TO_READ", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        # Who would wait longer is refused in the end.
        closing = threading.Timer(5, silent.close)
        closing.start()
        with pytest.raises(ReadTimeout):
            fetched(f"http://127.0.0.1:{silent.getsockname()[1]}/keys")
        closing.cancel()


def test_t58_an_answer_that_comes_byte_by_byte_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_keys, "SECONDS_TO_READ", 0.2)

    def trickle() -> None:
        client, _address = server.accept()
        with client, suppress(OSError):
            client.recv(4096)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            for _byte in range(100):
                client.sendall(b"x")
                threading.Event().wait(0.01)

    with socket.create_server(("127.0.0.1", 0)) as server:
        trickling = threading.Thread(target=trickle)
        trickling.start()
        with pytest.raises(ValueError, match=r"^its answer is too long$"):
            fetched(f"http://127.0.0.1:{server.getsockname()[1]}/keys")
        trickling.join()


def test_t58_an_answer_that_breaks_off_is_none(served: Any) -> None:
    base, answers, _asked = served
    answers["/keys"] = (200, {"Content-Length": "100"}, b"x")
    with pytest.raises(ValueError, match=r"^its answer breaks off$"):
        fetched(f"{base}/keys")


def test_t58_an_answer_that_is_slow_to_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    instants = iter([1.0, 2.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(instants, 99.0))
    with pytest.raises(ValueError, match=r"^its answer is too long$"):
        joined(iter([b"a", b"b", b"c", b"d"]), most=LONGEST_ANSWER, due=5.0)


def test_t58_an_answer_that_comes_in_the_last_instant_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 5.0)
    assert joined(iter([b"a", b"b"]), most=LONGEST_ANSWER, due=5.0) == b"ab"


def test_t58_a_known_key_waits_for_nobody_who_asks_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    document = json.dumps({"public_keys": [{"key_identifier": "known", "key": pem}]}).encode()
    is_asked, may_answer = threading.Event(), threading.Event()

    def slow(_address: str) -> bytes:
        is_asked.set()
        assert may_answer.wait(20)
        return document

    keys = KnownKeys("https://keys.example")
    monkeypatch.setattr(github_keys, "fetched", lambda _address: document)
    assert keys.find("known") == key
    monkeypatch.setattr(github_keys, "fetched", slow)
    monkeypatch.setattr(github_keys, "SECONDS_BETWEEN", 0)
    with ThreadPoolExecutor() as others:
        unknown = others.submit(keys.find, "unknown")
        assert is_asked.wait(20)
        known = others.submit(keys.find, "known")
        try:
            assert known.result(timeout=10) == key
        finally:
            may_answer.set()
        assert unknown.result(timeout=20) is None


def test_t58_what_is_nested_too_deeply_holds_no_key() -> None:
    with pytest.raises(ValueError, match=r"^its answer is nested too deeply$"):
        keys_in(b"[" * 60_000)


def test_t58_nobody_there_is_an_error_of_the_request() -> None:
    with pytest.raises(RequestException):
        fetched("http://127.0.0.1:9/keys")
