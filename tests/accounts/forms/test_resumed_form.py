"""What was typed into a form comes back after a confirmation, and no link can pass for it."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from accounts.forms.resumed_form import address_to_resume, is_resumed, unpack_resumed
from accounts.models import User
from tests.factories import issued_pat
from trusted_apps.models import TrustedApplication

PATH = "/profile/security/tokens/new/"


def request(user: Any, address: str, **sent: Any) -> Any:
    made: Any = RequestFactory().post(address, sent) if sent else RequestFactory().get(address)
    made.user = user
    return made


def test_an_address_of_ours_is_known_again(alice: User) -> None:
    address = address_to_resume(request(alice, PATH, description="Łódź & co", scopes=["read", "update"]))
    assert is_resumed(request(alice, address))


def test_nothing_typed_leaves_nothing_in_the_address(alice: User) -> None:
    assert address_to_resume(request(alice, PATH, csrfmiddlewaretoken="x", request_key="y")) == PATH


@pytest.mark.parametrize("name", ["password", "new_password1", "code", "client_secret", "csrfmiddlewaretoken"])
def test_a_secret_never_stands_in_an_address(alice: User, name: str) -> None:
    address = address_to_resume(request(alice, PATH, description="x", **{name: "hidden-value"}))
    assert "hidden-value" not in address


def test_the_key_of_a_form_is_carried_only_to_replace_its_token(alice: User) -> None:
    assert "request_key" not in address_to_resume(request(alice, PATH, description="x", request_key="k"))
    assert "request_key=k" in address_to_resume(request(alice, PATH, replaces="x", request_key="k"))


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
    assert not is_resumed(request(alice, forged))


def test_a_signature_holds_for_one_address_one_form_and_one_person(alice: User, bob: User) -> None:
    address = address_to_resume(request(alice, PATH, description="x"))
    assert not is_resumed(request(bob, address))
    assert not is_resumed(request(alice, address.replace("=x", "=y")))
    assert not is_resumed(request(alice, address.replace("/new/", "/old/")))
    assert not is_resumed(request(alice, address + "&scopes=update"))


def test_what_nobody_signed_in_has_typed_is_not_signed(db: None) -> None:
    assert "typed=" not in address_to_resume(request(AnonymousUser(), PATH, description="x"))


@pytest.mark.parametrize("letter", ["a", "名", "😀"])
def test_a_long_form_fits_into_the_address_of_the_confirmation(alice: User, letter: str) -> None:
    """Servers and proxies take 8 KB; the address stands in the query of another one, encoded once more."""
    chosen = [str(uuid.uuid4()) for _number in range(50)]
    typed = {"name": letter * 100, "description": letter * 200, "owners": chosen, "version": "0" * 132}
    address = address_to_resume(request(alice, PATH, **typed))
    assert len(urlencode({"next": address})) < 4_000
    back = request(alice, address)
    unpack_resumed(back)
    assert is_resumed(back)
    assert {name: back.GET.getlist(name) for name in back.GET} == {
        name: value if isinstance(value, list) else [value] for name, value in typed.items()
    }


def test_what_is_packed_is_read_from_an_address_of_ours_alone(alice: User, bob: User) -> None:
    address = address_to_resume(request(alice, PATH, description="x" * 2_000))
    for person, forged in ((bob, address), (alice, address.replace("/new/", "/old/")), (alice, f"{PATH}?packed=x")):
        back = request(person, forged)
        unpack_resumed(back)
        assert "description" not in back.GET


def test_a_field_that_is_called_like_what_is_packed_does_no_harm(alice: User) -> None:
    back = request(alice, address_to_resume(request(alice, PATH, packed="x", description="y")))
    unpack_resumed(back)
    assert list(back.GET) == ["description", "typed"]


def test_no_secret_is_packed_either(alice: User, application: TrustedApplication) -> None:
    plaintext = issued_pat(alice, application).plaintext
    address = address_to_resume(request(alice, PATH, description=plaintext, name="x" * 2_000))
    back = request(alice, address)
    unpack_resumed(back)
    assert list(back.GET) == ["name"]
