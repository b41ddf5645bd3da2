"""What the Python package tells beside single introspection: of many tokens, of requests, of a proxy, and no secret."""

from __future__ import annotations

import asyncio
import tomllib
import traceback
from collections.abc import Callable
from typing import Any

import pytest
import reference_tokens_client
from reference_tokens_client import BehindProxy, Client, NotAllowed, Refused, Token, Unavailable, credentials, wire
from reference_tokens_client.async_client import AsyncClient

from reference_tokens.endpoints import credentials as of_the_service
from reference_tokens.endpoints.http import MAXIMUM_HEADER_LENGTH
from tests import postgresql
from tests.client_packages.requests import let_in, refused_at_the_door
from tests.command_line import BASE_DIR
from tests.service import Service

pytestmark = pytest.mark.once

Call = Callable[..., Any]


@pytest.fixture(params=["waits", "asynchronous"])
def call(request: pytest.FixtureRequest, service: Service) -> Call:
    """Calls a method of either client by its name, as the example API."""

    def called(name: str, *arguments: Any, **account: str) -> Any:
        given = {"base_url": service.address, **service.secrets} | account
        given = {key: given[key] for key in ("base_url", "client_id", "client_secret")}
        if request.param == "waits":
            with Client(**given) as client:
                return getattr(client, name)(*arguments)

        async def awaited() -> Any:
            async with AsyncClient(**given) as client:
                return await getattr(client, name)(*arguments)

        return asyncio.run(awaited())

    return called


# Many at once


def test_many_are_told_of_in_their_order(call: Call, service: Service, token: str) -> None:
    reading = service.token("--user", "alice", "--scopes", "read")
    asked = [token, "enrt_no", reading, token]
    told = call("introspect_many", asked)
    assert [one and sorted(one.scopes) for one in told] == [["read", "update"], None, ["read"], ["read", "update"]]
    assert call("introspect_many", []) == []


def test_more_than_a_hundred_are_several_requests(
    call: Call, service: Service, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_AT_ONCE", 2)
    many = [service.token("--user", "alice") for _number in range(4)]
    assert [one.username for one in call("introspect_many", [*many, token])] == ["alice"] * 5


@pytest.mark.parametrize("body", [b"{}", b"[]", b'[{"active": false}, {"active": false}]'])
def test_val4_answer_about_another_number_of_tokens_is_none(body: bytes, token: str) -> None:
    with pytest.raises(Unavailable, match="each token"):
        wire.told_of_many(wire.Answer(200, {}, body), [token])


# Revoking


def test_token_is_revoked_and_told_so_at_once(call: Call, service: Service) -> None:
    token = service.token("--user", "alice")
    assert call("introspect", token).username == "alice"
    call("revoke", "enrt_no")
    call("revoke", token)
    assert call("introspect", token) is None


def test_server_without_the_right_to_revoke_hears_so(call: Call, service: Service, token: str) -> None:
    server = service.manage("create_resource_server", service.unused("Reads"), "--all-applications")
    account = {key: server[key] for key in ("client_id", "client_secret")}
    with pytest.raises(NotAllowed):
        call("revoke", token, **account)
    assert call("introspect", token, **account).username == "alice"


def test_val4_revoking_without_the_service_is_unavailable(call: Call, token: str) -> None:
    with pytest.raises(Unavailable, match="no answer"):
        call("revoke", token, base_url=f"http://127.0.0.1:{postgresql.free_port()}")


# Requests


def test_credential_is_read_as_the_service_reads_it() -> None:
    assert credentials.MAXIMUM_LENGTH == MAXIMUM_HEADER_LENGTH
    names = {f"HTTP_{name.upper().replace('-', '_')}": form for name, form in credentials.HEADERS.items()}
    assert names == dict(of_the_service.HEADERS)


def test_request_is_checked_in_one_step(call: Call, token: str) -> None:
    for headers in let_in(token).values():
        assert call("check", headers, "read update").username == "alice"
        assert call("check", headers, ["read"]).username == "alice"
    for what, headers in refused_at_the_door(token).items():
        with pytest.raises(Refused) as refusal:
            call("check", headers)
        assert refusal.value.status == 401, what


def test_refusal_names_the_scopes_that_are_needed(call: Call, token: str) -> None:
    with pytest.raises(Refused) as refusal:
        call("check", [("Api-Key", token)], ["delete", "read"])
    assert (refusal.value.status, refusal.value.error) == (403, "insufficient_scope")
    assert refusal.value.headers["WWW-Authenticate"].endswith('scope="delete read"')


@pytest.mark.parametrize(
    ("asked", "seconds"), [("7", 7), ("0", 0), ("99999999", 3600), ("Wed, 21 Oct 2026 07:28:00 GMT", 5), (None, 5)]
)
def test_val4_what_the_service_asks_to_wait_is_passed_on(asked: str | None, seconds: int) -> None:
    with pytest.raises(Unavailable) as unavailable:
        wire.told_of_one(wire.Answer(503, {"retry-after": asked} if asked else {}, b""))
    assert unavailable.value.headers["Retry-After"] == str(seconds)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[]", b'{"active": true, "exp": "never"}'])
def test_val4_nothing_but_an_answer_is_one(body: bytes) -> None:
    with pytest.raises(Unavailable):
        wire.told_of_one(wire.Answer(200, {}, body))


# A proxy in front


@pytest.fixture
def from_the_proxy(service: Service, token: str) -> dict[str, str]:
    return {name: value for name, value in service.forward_auth(token).headers.items() if name.startswith("X-Auth-")}


def test_proxy_tells_what_introspection_tells(call: Call, token: str, from_the_proxy: dict[str, str]) -> None:
    told, known = BehindProxy().check(from_the_proxy.items()), call("introspect", token)
    names = ("id", "kind", "subject", "username", "application", "scopes", "expires_at")
    assert [getattr(told, name) for name in names] == [getattr(known, name) for name in names]


def test_proxy_tells_of_a_token_that_never_ends_and_of_a_name_in_any_script(from_the_proxy: dict[str, str]) -> None:
    told = BehindProxy().check((from_the_proxy | {"X-Auth-Expires": "never", "X-Auth-Username": "Zo%C3%AB"}).items())
    assert (told.username, told.expires_at) == ("Zoë", None)


@pytest.mark.parametrize("name", ["Subject", "Username", "Kind", "Client-Id", "Token-Id", "Scope", "Expires"])
def test_header_of_a_proxy_that_is_missing_or_sent_twice_is_not_believed(
    from_the_proxy: dict[str, str], name: str
) -> None:
    header = f"X-Auth-{name}"
    without = {key: value for key, value in from_the_proxy.items() if key != header}
    twice = [*from_the_proxy.items(), (header.lower(), "admin")]
    joined = from_the_proxy | {header: f"admin ,{from_the_proxy[header]}"}
    for headers in (without.items(), twice, joined.items()):
        with pytest.raises(Refused) as refusal:
            BehindProxy().check(headers)
        assert (refusal.value.status, refusal.value.error) == (401, None)


# Secrets, and the package itself


def test_t36_neither_the_secret_nor_a_token_stands_in_what_is_printed_or_thrown(
    call: Call, service: Service, token: str, log_lines: list[str]
) -> None:
    with pytest.raises(Unavailable) as caught:
        call("check", [("Api-Key", token)], base_url=f"http://127.0.0.1:{postgresql.free_port()}")
    known = call("introspect", token)
    printed = "".join(traceback.format_exception(caught.value)) + repr(known) + "".join(log_lines)
    assert isinstance(known, Token)
    assert token not in printed
    assert service.secrets["client_secret"] not in printed


@pytest.mark.parametrize(
    "address", ["ftp://a", "tokens.example.com", "https://", "https://u:p@a", "https://a/?q=1", "https://a/#f"]
)
def test_address_is_one_of_the_web_and_holds_nothing_more(address: str) -> None:
    for client in (Client, AsyncClient):
        with pytest.raises(ValueError, match="base_url must be like"):
            client(address, "rs_x", "enrs_y")


def test_package_says_what_it_offers() -> None:
    pyproject = tomllib.loads((BASE_DIR / "clients" / "python" / "pyproject.toml").read_text())
    assert pyproject["project"]["dependencies"] == []
    assert all(hasattr(reference_tokens_client, name) for name in reference_tokens_client.__all__)
