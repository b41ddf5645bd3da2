"""What was typed into a form comes back after a confirmation, and no link can pass for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from accounts.carried_over import address_with_typed, was_typed_here
from accounts.models import User

PATH = "/profile/security/tokens/new/"


def request(user: Any, address: str, **sent: Any) -> Any:
    made: Any = RequestFactory().post(address, sent) if sent else RequestFactory().get(address)
    made.user = user
    return made


def test_an_address_of_ours_is_known_again(alice: User) -> None:
    address = address_with_typed(request(alice, PATH, description="Łódź & co", scopes=["read", "update"]))
    assert was_typed_here(request(alice, address))


def test_nothing_typed_leaves_nothing_in_the_address(alice: User) -> None:
    assert address_with_typed(request(alice, PATH, csrfmiddlewaretoken="x", request_key="y")) == PATH


@pytest.mark.parametrize("name", ["password", "new_password1", "code", "client_secret", "csrfmiddlewaretoken"])
def test_a_secret_never_stands_in_an_address(alice: User, name: str) -> None:
    address = address_with_typed(request(alice, PATH, description="x", **{name: "hidden-value"}))
    assert "hidden-value" not in address


def test_the_key_of_a_form_is_carried_only_to_replace_its_token(alice: User) -> None:
    assert "request_key" not in address_with_typed(request(alice, PATH, description="x", request_key="k"))
    assert "request_key=k" in address_with_typed(request(alice, PATH, replaces="x", request_key="k"))


@pytest.mark.parametrize(
    "forged",
    [
        f"{PATH}?description=x",
        f"{PATH}?typed=",
        f"{PATH}?description=x&typed=",
        f"{PATH}?description=x&typed=%C5%82",
        PATH,
    ],
)
def test_a_link_of_anybodys_is_not(alice: User, forged: str) -> None:
    assert not was_typed_here(request(alice, forged))


def test_a_signature_holds_for_one_address_one_form_and_one_person(alice: User, bob: User) -> None:
    address = address_with_typed(request(alice, PATH, description="x"))
    assert not was_typed_here(request(bob, address))
    assert not was_typed_here(request(alice, address.replace("=x", "=y")))
    assert not was_typed_here(request(alice, address.replace("/new/", "/old/")))
    assert not was_typed_here(request(alice, address + "&scopes=update"))


def test_what_nobody_signed_in_has_typed_is_not_signed(db: None) -> None:
    assert "typed=" not in address_with_typed(request(AnonymousUser(), PATH, description="x"))
