"""Contract 4 over a raw socket, against the real server: whatever is odd fails closed (T18, T20, T23, T24, T32-T34)."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

import pytest

from accounts.models import User
from reference_tokens.token_values import token_format
from tests.factories import issued_pat
from tests.gunicorn import Answer, Gunicorn
from tests.introspection import INACTIVE, credentials
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plaintext(alice: User, application: TrustedApplication) -> str:
    return issued_pat(alice, application).plaintext


@pytest.fixture
def body(plaintext: str) -> bytes:
    return urlencode({"token": plaintext}).encode()


@pytest.fixture
def authorization(server: Any) -> bytes:
    return b"Authorization: " + credentials(server).encode()


def is_active(answer: Answer) -> bool:
    return answer.status == 200 and b'"active": true' in answer.body


def is_refused(answer: Answer) -> bool:
    return 400 <= answer.status < 500 and b"active" not in answer.body


def test_val5_a_good_token_is_active(live_gunicorn: Gunicorn, body: bytes, authorization: bytes) -> None:
    answer = live_gunicorn.post(body, authorization)
    assert is_active(answer)
    assert (answer.header("Content-Type"), answer.header("Cache-Control")) == ("application/json", "no-store")
    assert (answer.header("X-Content-Type-Options"), answer.header("Set-Cookie")) == ("nosniff", None)


def test_t20_unknown_and_malformed_tokens_get_the_same_bytes(live_gunicorn: Gunicorn, server: Any) -> None:
    answers = [live_gunicorn.introspect(server, text) for text in (token_format.generate(), "malformed", "enrt_\0ż")]
    assert {answer.body for answer in answers} == {INACTIVE}
    assert len({tuple(header for header in answer.headers if header[0] != "Date") for answer in answers}) == 1


def test_t18_without_a_credential_nothing_is_told(live_gunicorn: Gunicorn, body: bytes) -> None:
    answer = live_gunicorn.post(body)
    assert (answer.status, answer.body) == (401, b'{"error": "invalid_client"}')
    assert answer.header("WWW-Authenticate") == 'Basic realm="oauth"'


def test_t23_a_percent_encoded_credential_is_read(live_gunicorn: Gunicorn, server: Any, body: bytes) -> None:
    pair = ":".join(
        "".join(f"%{byte:02x}" for byte in part.encode()) for part in (server.client_id, server.plain_secret)
    )
    assert is_active(live_gunicorn.post(body, b"Authorization: Basic " + base64.b64encode(pair.encode())))


def test_t24_a_repeated_header_is_refused(live_gunicorn: Gunicorn, body: bytes, authorization: bytes) -> None:
    assert is_refused(live_gunicorn.post(body, authorization, authorization))


def test_t24_a_repeated_header_is_refused_whichever_is_good(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes
) -> None:
    assert is_refused(live_gunicorn.post(body, authorization, b"Authorization: Basic eDp5"))
    assert is_refused(live_gunicorn.post(body, b"Authorization: Basic eDp5", authorization))
    assert is_refused(live_gunicorn.post(body, b"Authorization: ", authorization))


@pytest.mark.parametrize("joint", [b", ", b",", b";", b" "])
def test_t24_two_credentials_in_one_header_are_refused(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes, joint: bytes
) -> None:
    value = authorization.removeprefix(b"Authorization: ")
    assert is_refused(live_gunicorn.post(body, authorization + joint + value))


@pytest.mark.parametrize("name", [b"X_Authorization", b"Authorization_", b"HTTP_AUTHORIZATION", b"HTTP-Authorization"])
def test_t32_an_underscore_twin_is_no_credential(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes, name: bytes
) -> None:
    value = authorization.removeprefix(b"Authorization")
    assert live_gunicorn.post(body, name + value).status == 401


def test_t32_underscore_twins_of_the_lengths_are_dropped(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes
) -> None:
    answer = live_gunicorn.post(body, authorization, b"Content_Length: 3", b"Content_Type: text/plain")
    assert is_active(answer)


@pytest.mark.parametrize("line", [b"SCRIPT_NAME: /oauth", b"Script_Name: /oauth", b"PATH_INFO: /static/css/app.css"])
def test_t30_no_header_moves_the_path(live_gunicorn: Gunicorn, body: bytes, authorization: bytes, line: bytes) -> None:
    # SCRIPT_NAME: /oauth would make this /introspect, an address of the sites.
    assert is_active(live_gunicorn.post(body, authorization, line))
    missing = live_gunicorn.post(body, line, path=b"/oauth/x/")
    assert (missing.status, missing.body) == (404, b'{"error": "not_found"}')


@pytest.mark.parametrize(("length", "status"), [(4096, 200), (4097, 401), (8000, 401)])
def test_t34_a_credential_above_four_kilobytes_is_refused(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes, length: int, status: int
) -> None:
    value = authorization.removeprefix(b"Authorization: Basic ")
    padded = b"Basic" + b" " * (length - 5 - len(value)) + value
    assert live_gunicorn.post(body, b"Authorization: " + padded).status == status


def test_t34_a_header_above_eight_kilobytes_is_the_servers_own_4xx(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes
) -> None:
    assert is_refused(live_gunicorn.post(body, authorization, b"X-Long: " + b"a" * 8200))


@pytest.mark.parametrize("odd", [b"\0", b"\x01", b"\x7f", b"\xff", b"\xc5\xbc"])
def test_t34_an_odd_byte_in_the_credential_is_refused(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes, odd: bytes
) -> None:
    assert is_refused(live_gunicorn.post(body, authorization + odd))
    assert is_refused(live_gunicorn.post(body, authorization.replace(b"Basic ", b"Basic " + odd)))


def test_t34_a_folded_header_is_refused(live_gunicorn: Gunicorn, body: bytes, authorization: bytes) -> None:
    assert is_refused(live_gunicorn.post(body, authorization.replace(b"Basic ", b"Basic\r\n ")))


def raw(
    authorization: bytes, *lines: bytes, body: bytes, method: bytes = b"POST", path: bytes = b"/oauth/introspect"
) -> bytes:
    head = [method + b" " + path + b" HTTP/1.1", b"Host: x", b"Connection: close", authorization, *lines]
    return b"\r\n".join([*head, b"Content-Type: application/x-www-form-urlencoded"]) + b"\r\n\r\n" + body


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def test_val5_a_chunked_body_is_read_as_one_with_a_length(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes
) -> None:
    answer = live_gunicorn.send(raw(authorization, b"Transfer-Encoding: chunked", body=chunked(body)))
    assert (answer.status, b'"active": true' in answer.body) == (200, True)


@pytest.mark.parametrize("encoding", [b"chunked", b"identity", b"xchunked", b"chunked, chunked", b"gzip, chunked"])
def test_t34_a_length_together_with_a_transfer_encoding_never_answers_active(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes, encoding: bytes
) -> None:
    sent = chunked(body)
    data = raw(authorization, b"Transfer-Encoding: " + encoding, b"Content-Length: %d" % len(sent), body=sent)
    answer = live_gunicorn.send(data)
    assert not is_active(answer)
    assert answer.status >= 400


@pytest.mark.parametrize("lengths", [(b"5", b"5"), (b"5, 5",), (b"-1",), (b"+5",), (b"0x5",), (b"",), (b"9" * 5000,)])
def test_t34_a_bad_or_repeated_length_is_refused(
    live_gunicorn: Gunicorn, authorization: bytes, lengths: tuple[bytes, ...]
) -> None:
    lines = [b"Content-Length: " + length for length in lengths]
    assert is_refused(live_gunicorn.send(raw(authorization, *lines, body=b"token")))


def test_t34_a_body_of_64_kilobytes_is_413(live_gunicorn: Gunicorn, body: bytes, authorization: bytes) -> None:
    answer = live_gunicorn.post(body + b"&pad=" + b"x" * 65_536, authorization)
    assert (answer.status, answer.body) == (413, b'{"error": "invalid_request"}')


def test_t34_a_large_body_is_refused_before_it_is_sent(live_gunicorn: Gunicorn, authorization: bytes) -> None:
    answer = live_gunicorn.send(raw(authorization, b"Content-Length: 100000000", body=b""))
    assert answer.status == 413


def test_t34_a_body_cut_short_is_not_active(live_gunicorn: Gunicorn, body: bytes, authorization: bytes) -> None:
    answer = live_gunicorn.send(raw(authorization, b"Content-Length: %d" % (len(body) - 1), body=body[:-1]))
    assert (answer.status, answer.body) == (200, INACTIVE)


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"PROPFIND"])
def test_val5_another_method_is_405(live_gunicorn: Gunicorn, body: bytes, authorization: bytes, method: bytes) -> None:
    data = raw(authorization, b"Content-Length: %d" % len(body), body=body, method=method)
    answer = live_gunicorn.send(data)
    assert (answer.status, answer.header("Allow")) == (405, "POST")


@pytest.mark.parametrize("path", [b"/oauth/introspect/", b"/oauth/introspect;x", b"/oauth/introspect%2f", b"/oauth/x"])
def test_t33_a_twin_of_the_path_is_404_and_no_redirect(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes, path: bytes
) -> None:
    answer = live_gunicorn.post(body, authorization, path=path)
    assert (answer.status, answer.body, answer.header("Location")) == (404, b'{"error": "not_found"}', None)


@pytest.mark.parametrize("host", [b"evil.example", b"a:b:c", b""])
def test_t31_any_host_is_answered(live_gunicorn: Gunicorn, body: bytes, authorization: bytes, host: bytes) -> None:
    data = raw(authorization, b"Content-Length: %d" % len(body), body=body).replace(b"Host: x", b"Host: " + host)
    assert is_active(live_gunicorn.send(data))


def test_t35_a_content_type_that_cannot_be_read_is_a_json_400(
    live_gunicorn: Gunicorn, body: bytes, authorization: bytes
) -> None:
    data = raw(authorization, b"Content-Length: %d" % len(body), body=body)
    answer = live_gunicorn.send(data.replace(b"urlencoded", b"urlencoded; a*=bogus'en'%41"))
    assert (answer.status, answer.body) == (400, b'{"error": "invalid_request"}')


def test_t36_the_log_of_the_server_holds_no_token_and_no_secret(
    live_gunicorn: Gunicorn, server: Any, plaintext: str
) -> None:
    live_gunicorn.introspect(server, plaintext)
    live_gunicorn.post(b"", path=b"/oauth/" + plaintext.encode())
    log = live_gunicorn.log.read_text()
    # No odd request of any test above was a fault of ours.
    assert "/oauth/introspect failed" not in log
    assert plaintext not in log
    assert server.plain_secret not in log
