"""The Python package calls the management API of the running service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from reference_tokens_client import Unavailable
from reference_tokens_client.management import Document, Management, Problem, document_of
from reference_tokens_client.wire import Answer

from tests import postgresql
from tests.client_packages.blocks import blocks, filled_in
from tests.service import Service

pytestmark = pytest.mark.once

MANAGEMENT_API = "reference-tokens/api"


@pytest.fixture(scope="module")
def administrators_token(service: Service) -> str:
    service.manage("update_application", MANAGEMENT_API, "--access-tokens", "AdministratorsOnly")
    ada = service.person("ada", "--administrator")
    scopes = "instance:read instance:write self:read"
    issued = service.manage("issue_token", "--application", MANAGEMENT_API, "--user", ada, "--scopes", scopes)
    return str(issued["token"])


@pytest.fixture
def api(service: Service, administrators_token: str) -> Iterator[Management]:
    with Management(service.address, administrators_token) as ready:
        yield ready


@pytest.fixture
def scope(service: Service, api: Management) -> Document:
    """A new scope, with a slash in its name, as an address must not hold it."""
    return api.post("scopes", body={"name": service.unused("orders:read"), "description": "View orders."})


def test_thing_is_made_read_changed_and_deleted(api: Management, scope: Document) -> None:
    name = scope["name"]
    read = api.get("scopes", name)
    assert read == scope == {"name": name, "description": "View orders."}
    changed = api.patch("scopes", name, body={"description": "View every order."}, if_match=read.etag)
    assert (changed["description"], changed.etag != read.etag) == ("View every order.", True)
    assert api.delete("scopes", name, if_match="*") == {}
    with pytest.raises(Problem) as gone:
        api.get("scopes", name)
    assert gone.value.status == 404


def test_edit1_change_of_what_was_changed_meanwhile_is_refused(api: Management, scope: Document) -> None:
    api.patch("scopes", scope["name"], body={"description": "Mine."}, if_match=scope.etag)
    with pytest.raises(Problem) as refused:
        api.patch("scopes", scope["name"], body={"description": "Yours."}, if_match=scope.etag)
    assert refused.value.status == 412
    with pytest.raises(Problem) as unread:
        api.patch("scopes", scope["name"], body={"description": "Yours."})
    assert unread.value.status == 428
    assert api.get("scopes", scope["name"])["description"] == "Mine."


def test_request_that_is_repeated_with_its_key_acts_once(api: Management, service: Service) -> None:
    body = {"name": service.unused("once"), "description": "Made once."}
    made = [api.post("scopes", body=body, idempotency_key=body["name"]) for _time in range(2)]
    assert made == [body, body]
    with pytest.raises(Problem) as other:
        api.post("scopes", body=body | {"description": "Another."}, idempotency_key=body["name"])
    assert other.value.status == 422


def test_dry_run_does_nothing(api: Management, service: Service) -> None:
    body = {"name": service.unused("never"), "description": "Not made."}
    assert api.post("scopes", body=body, dry_run=True) == body
    with pytest.raises(Problem) as refused:
        api.get("scopes", body["name"])
    assert refused.value.status == 404


def test_list_is_read_to_its_end(api: Management, service: Service, scope: Document) -> None:
    every = list(api.each("scopes"))
    assert scope in every
    assert list(api.each("scopes", limit=1)) == every
    for _number in range(3):
        service.token("--user", "alice")
    found = [one["id"] for one in api.each("tokens", kind="PAT", limit=2)]
    assert len(found) == len(set(found)) > 3


def test_refusal_says_where_and_why(api: Management) -> None:
    with pytest.raises(Problem) as refused:
        api.post("scopes", body={"name": "two words", "description": "x", "colour": "blue"})
    problem = refused.value
    assert (problem.status, problem.document["title"], problem.retry_after) == (422, "Unprocessable Entity", None)
    assert "#/colour" in {error["pointer"] for error in problem.errors}
    assert str(problem).startswith("422 Nothing was done")
    assert "#/colour: " in str(problem)
    with pytest.raises(Problem, match="limit"):
        list(api.each("scopes", limit=1000))


def test_token_that_is_not_good_is_a_refusal(service: Service, token: str) -> None:
    with Management(service.address, token) as api, pytest.raises(Problem) as refused:
        api.get("me")
    assert refused.value.status == 401


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "A"])
def test_t37_text_that_is_no_token_is_refused_and_not_repeated(service: Service, token: str, end: str) -> None:
    with pytest.raises(ValueError, match="this is no token") as refused:
        Management(service.address, token + end)
    assert token not in str(refused.value)


def test_what_is_no_answer_is_none(api: Management, service: Service, administrators_token: str) -> None:
    silent = f"http://127.0.0.1:{postgresql.free_port()}"
    with Management(silent, administrators_token) as nowhere, pytest.raises(Unavailable) as unavailable:
        nowhere.get("scopes")
    assert str(unavailable.value) == "no answer: ConnectionRefusedError"
    for answer in (Answer(502, {}, b"<html>"), Answer(200, {}, b"[]"), Answer(200, {}, b"[" * 100_000)):
        with pytest.raises(Unavailable, match="without a document"):
            document_of(answer)
    assert administrators_token not in repr(api) + repr(unavailable.value)


def test_service_says_when_to_come_again() -> None:
    with pytest.raises(Unavailable, match="cannot be told") as unavailable:
        document_of(Answer(503, {"retry-after": "7"}, b'{"detail": "It cannot be told now: try again."}'))
    assert unavailable.value.retry_after == 7
    with pytest.raises(Problem) as too_many:
        document_of(Answer(429, {"retry-after": "42"}, b'{"detail": "Too many."}'))
    assert too_many.value.retry_after == 42


def test_readme_manages_an_instance(
    service: Service, administrators_token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFERENCE_TOKENS_TOKEN", administrators_token)
    names: dict[str, Any] = {}
    exec(filled_in(blocks("python", "python")["Manage an instance"][0], service), names)
    with Management(service.address, administrators_token) as api:
        assert api.get("scopes", "read")["description"] == "View orders."
    assert names["live"] > 0
