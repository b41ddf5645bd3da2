"""The pages of errors: with the navigation of the site for who is signed in, alone for everybody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.pages import CONFIRM_URL, give_password, signed_in, text_of

NOWHERE = {"profile": "/profile/nowhere/", "manage": "/manage/nowhere/"}
FORM = "application/x-www-form-urlencoded"


def navigation(response: Any) -> list[str]:
    """The entries of the navigation, as they read."""
    entries = re.findall(r'<a class="nav-item" href="[^"]*"[^>]*>(.*?)</a>', response.content.decode(), re.DOTALL)
    return [re.sub(r"<[^>]*>", "", entry).strip() for entry in entries]


def is_of(response: Any, site: str) -> bool:
    """Whether the page has the navigation of the site."""
    return ("Trusted Apps" if site == "manage" else "Devices") in navigation(response)


def too_large(client: Client) -> Any:
    return client.generic("POST", "/profile/edit/", b"", content_type=FORM, CONTENT_LENGTH="65537")


def files(client: Client) -> Any:
    return client.generic("POST", "/profile/edit/", b"x", content_type="multipart/form-data; boundary=x")


def another_method(client: Client) -> Any:
    return client.generic("PUT", "/profile/edit/", b"", content_type=FORM)


def without_csrf_token(client: Client) -> Any:
    client.handler.enforce_csrf_checks = True
    return client.post("/profile/edit/", {"name": "Alice"})


def missing(client: Client) -> Any:
    return client.get("/profile/nowhere/")


ERRORS: dict[str, tuple[int, Callable[[Client], Any], str]] = {
    "404": (404, missing, "Page not found"),
    "405": (405, another_method, "This address is not a page"),
    "413": (413, too_large, "The request is too large"),
    "415": (415, files, "Files cannot be uploaded"),
    "403 csrf": (403, without_csrf_token, "This form has expired"),
}


@pytest.mark.parametrize("error", ERRORS)
def test_the_page_of_an_error_has_the_navigation_for_who_is_signed_in(alice: User, error: str) -> None:
    status, ask, heading = ERRORS[error]
    response = ask(signed_in(alice))
    assert (response.status_code, heading in text_of(response)) == (status, True)
    assert is_of(response, "profile")
    assert not is_of(response, "manage")


@pytest.mark.django_db
@pytest.mark.parametrize("error", ERRORS)
def test_the_page_of_an_error_stands_alone_for_a_stranger(error: str) -> None:
    status, ask, heading = ERRORS[error]
    response = ask(Client())
    assert (response.status_code, heading in text_of(response)) == (status, True)
    assert navigation(response) == []


def test_too_many_attempts_are_answered_with_the_navigation(alice: User) -> None:
    client = signed_in(give_password(alice), confirmed=False)
    answers = [client.post(CONFIRM_URL, {"password": "wrong"}) for _attempt in range(11)]
    assert [response.status_code for response in answers[-2:]] == [200, 429]
    assert is_of(answers[-1], "profile")
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize(("site", "other"), [("manage", "profile"), ("profile", "manage")])
def test_administrators_keep_the_navigation_of_the_site_they_are_on(
    administrator_client: Client, site: str, other: str
) -> None:
    response = administrator_client.get(NOWHERE[site])
    assert (is_of(response, site), is_of(response, other)) == (True, False)


def test_who_is_no_administrator_gets_the_navigation_of_profile_in_the_instance_manager(alice_client: Client) -> None:
    closed, missing = alice_client.get("/manage/"), alice_client.get(NOWHERE["manage"])
    assert "For administrators only" in text_of(closed)
    for response in (closed, missing):
        assert (is_of(response, "profile"), is_of(response, "manage")) == (True, False)


def test_a_method_that_a_page_does_not_take_names_those_that_it_takes(alice_client: Client) -> None:
    response = another_method(alice_client)
    assert response.headers["Allow"] == "GET, HEAD, POST"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "PROPFIND"])
@pytest.mark.parametrize(("path", "taken"), [("/profile/edit/", "GET, HEAD, POST"), ("/manage/", "GET, HEAD")])
def test_a_method_that_no_page_takes_is_405_without_the_token_of_a_form_too(method: str, path: str, taken: str) -> None:
    """Contract 3."""
    response = Client(enforce_csrf_checks=True).generic(method, path, b"", content_type=FORM)
    assert (response.status_code, response.headers["Allow"]) == (405, taken)
    assert "This address is not a page" in text_of(response)


def test_the_page_of_an_error_is_in_the_language_and_with_the_theme_of_the_person(alice_client: Client) -> None:
    alice_client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in alice_client.get("/profile/nowhere/").content.decode()
