"""C6: whatever people type, a secret of this service is recognised in it (TXT-1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.test import Client

from accounts.models import User
from accounts.secrets_in_text import address_without_secrets, holds_secret, refusal_of
from reference_tokens import token_format
from reference_tokens.resource_server_registration import SECRET_PREFIX

# The same in every process, since tests are named after it.
BODY = token_format.PREFIX + "1D41AC7B" * 7
TOKEN = BODY + token_format.checksum(BODY)
SECRET = SECRET_PREFIX + "q0E-5tXw_r7Zs2yUjK1lPnBvCxMaDfGhTeWiOuYqRz9"


def full_width(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) for one in text)


@pytest.mark.once
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(str, id="as it is"),
        pytest.param(str.lower, id="in small letters"),
        pytest.param(lambda value: f"use {value}, please", id="in a sentence"),
        pytest.param(lambda value: f"x{value}y", id="within a word"),
        pytest.param(lambda value: f"Authorization: Bearer {value}", id="as a header"),
        pytest.param(lambda value: value[:20] + "\n  " + value[20:], id="over two lines"),
        pytest.param(" ".join, id="letter by letter"),
        pytest.param(full_width, id="in full-width letters"),
        pytest.param(lambda value: quote(value.replace("_", "%5F"), safe="%"), id="encoded"),
        pytest.param(lambda value: quote_plus(quote_plus(f"?token={value}").replace("_", "%5F")), id="encoded twice"),
        pytest.param(lambda value: value.replace("_", "&#95;"), id="as HTML"),
        pytest.param(lambda value: f"enrt_ {value}", id="behind its own beginning"),
    ],
)
def test_txt_1_a_token_is_recognised_however_it_is_written(written: Any) -> None:
    assert "This is a token" in refusal_of(written(TOKEN))


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    [
        "",
        "Night scheduler",
        token_format.hint(TOKEN),
        TOKEN[:-1],
        TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1"),
        TOKEN[5:],
        "The tokens start with enrt_ and 64 digits",
        "100% of the tokens",
        "enrs_ is how the secret of a Resource Server starts and goes on",
        "enrs_…dF3x",
        SECRET[:-1],
        "https://tokens.example.com/profile/?q=enrt_1D41",
    ],
)
def test_a_text_about_a_token_is_no_token(text: str) -> None:
    assert refusal_of(text) == ""


@pytest.mark.once
def test_a_text_encoded_over_and_over_is_read_so_often_and_no_more() -> None:
    assert not holds_secret("%252525252541")


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(str, id="as it is"),
        pytest.param(str.lower, id="in small letters"),
        pytest.param(lambda value: f"client_secret={value}&x=y", id="in a form"),
        pytest.param(lambda value: value[:20] + "\r\n" + value[20:], id="over two lines"),
        pytest.param(full_width, id="in full-width letters"),
        pytest.param(lambda value: value.replace("_", "%5F"), id="encoded"),
    ],
)
def test_txt_1_a_secret_of_a_resource_server_is_recognised_however_it_is_written(written: Any) -> None:
    assert "secret of a Resource Server" in refusal_of(written(SECRET))


@pytest.mark.once
def test_an_address_loses_those_parts_that_hold_a_secret() -> None:
    assert address_without_secrets(f"/manage/?q=a&owner={TOKEN}&sort=") == "/manage/?q=a&sort="
    assert address_without_secrets(f"/manage/?{TOKEN}=1") == "/manage/"
    assert address_without_secrets(f"/manage/?next={quote(f'/x?q={TOKEN}')}") == "/manage/"


@pytest.mark.once
@pytest.mark.parametrize("address", ["/manage/", "/manage/?q=%C3%BC+b&q=&x", "/manage/?q=enrt_1D41"])
def test_an_address_without_a_secret_stays_as_it_is(address: str) -> None:
    assert address_without_secrets(address) == address


@pytest.mark.django_db
@pytest.mark.parametrize("secret", [TOKEN, TOKEN.lower(), SECRET])
def test_what_is_typed_comes_back_after_signing_in_again_but_for_a_secret(alice: User, secret: str) -> None:
    client = Client()
    typed = {"description": f"it is {secret}", "name": "Keyboard", "q": full_width(secret)}
    for answer in (
        client.get("/profile/security/tokens/new/", typed),
        client.post("/profile/security/tokens/new/", typed),
    ):
        address = answer.headers["Location"]
        assert "Keyboard" in address
        assert not holds_secret(address)
