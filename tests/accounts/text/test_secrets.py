"""Whatever people type, a secret of this service is recognised in it (TXT-1)."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.test import Client

from accounts.models import User
from accounts.text.secrets import address_without_secrets, holds_secret, refusal_of
from reference_tokens.lifecycle.resource_server_registration import SECRET_PREFIX
from reference_tokens.token_values import token_format
from tests.pages import LOGIN_URL

# The same in every process, since tests are named after it.
BODY = token_format.PREFIX + "1D41AC7B" * 7
TOKEN = BODY + token_format.checksum(BODY)
SECRET = SECRET_PREFIX + "q0E-5tXw_r7Zs2yUjK1lPnBvCxMaDfGhTeWiOuYqRz9"


def full_width(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) for one in text)


def in_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


# How programs write what people then paste.
BY_PROGRAMS = [
    pytest.param(lambda value: json.dumps({"token": value}), id="as JSON"),
    pytest.param(lambda value: f'{{"token": "{value}"}}'.replace("_", "\\u005f"), id="as JSON, escaped"),
    pytest.param(lambda value: "".join(f"\\x{ord(one):02x}" for one in value), id="as bytes of a program"),
    pytest.param(in_base64, id="in base64"),
    pytest.param(lambda value: f"Basic {in_base64(f'rs_1:{value}')}", id="as a Basic header"),
    pytest.param(lambda value: f"Basic {in_base64(f'rs_12:{value}')}", id="as another Basic header"),
    pytest.param(lambda value: f"Basic{in_base64(f'rs_123:{value}')}xyz", id="as a header that lost its spaces"),
    pytest.param(lambda value: urlsafe_b64encode(f"??>~{value}".encode()).decode().rstrip("="), id="in base64 of URLs"),
    pytest.param(lambda value: in_base64(f"?>?>{value}")[:40] + "\n" + in_base64(f"?>?>{value}")[40:], id="in lines"),
    pytest.param(lambda value: quote(in_base64(f"~~~{value}??>"), safe=""), id="in base64, encoded"),
    pytest.param(lambda value: value[:20] + '" +\n    "' + value[20:], id="as two texts of a program"),
    pytest.param(lambda value: value[:20] + "\\\n" + value[20:], id="continued on the next line"),
    pytest.param(lambda value: value[:20] + "=\r\n" + value[20:], id="as a line of a mail"),
    pytest.param(lambda value: value[:20] + "\u200b" + value[20:], id="with an invisible space"),
    pytest.param(lambda value: value[:20] + "\u00ad" + value[20:], id="with a soft hyphen"),
    pytest.param(lambda value: value.replace("_", "\\_"), id="as Markdown"),
    pytest.param(lambda value: value.encode("utf-16-le").decode("latin-1"), id="with a zero behind every letter"),
]


@pytest.mark.once
@pytest.mark.parametrize("written", BY_PROGRAMS)
@pytest.mark.parametrize("secret", [TOKEN, SECRET], ids=["token", "secret"])
def test_txt1_a_token_or_secret_is_recognised_however_a_program_writes_it(written: Any, secret: str) -> None:
    assert refusal_of(f"see {written(secret)}") == refusal_of(secret) != ""


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
def test_txt1_a_token_is_recognised_however_it_is_written(written: Any) -> None:
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
        in_base64(f"rs_1:{SECRET[:-1]}"),
        in_base64("a picture of no secret at all, of which there are many on the web"),
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
def test_txt1_a_secret_of_a_resource_server_is_recognised_however_it_is_written(written: Any) -> None:
    assert "secret of a Resource Server" in refusal_of(written(SECRET))


@pytest.mark.once
def test_an_address_loses_those_parts_that_hold_a_secret() -> None:
    assert address_without_secrets(f"/manage/?q=a&owner={TOKEN}&sort=") == "/manage/?q=a&sort="
    assert address_without_secrets(f"/manage/?{TOKEN}=1") == "/manage/"
    assert address_without_secrets(f"/manage/{TOKEN}/?q=a") == "/"
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


LONG_NUMBERS = [f"&#{5_000 * '9'}", f"&#{5_000 * '9'};", f"%26%23{5_000 * '9'};", f"&#x{5_000 * 'f'};"]


@pytest.mark.parametrize("text", LONG_NUMBERS, ids=["open", "decimal", "encoded", "hexadecimal"])
def test_t34_t35_a_number_that_is_no_character_is_read_over(client: Client, db: None, text: str) -> None:
    assert not holds_secret(text)
    assert client.get(LOGIN_URL, {"next": f"/{text}"}).status_code == 200
    for form in ({"login": text}, {"login": "nobody", "next": f"/{text}"}):
        assert client.post(LOGIN_URL, {"password": "x", **form}).status_code == 200


@pytest.mark.parametrize("zeros", ["", "00000000", 5_000 * "0"], ids=["none", "some", "many"])
def test_txt1_a_token_in_the_numbers_of_its_letters_is_found(zeros: str) -> None:
    assert holds_secret("".join(f"&#{zeros}{ord(letter)};" for letter in TOKEN))


@pytest.mark.parametrize("target", ["http://[", "//[::1", "http://[::1%25"])
def test_t35_t48_what_is_no_address_leads_nowhere_else(client: Client, db: None, target: str) -> None:
    assert address_without_secrets(target) == "/"
    for page in (client.get(LOGIN_URL, {"next": target}), client.post(LOGIN_URL, {"login": "x", "next": target})):
        assert (page.status_code, target in page.content.decode()) == (200, False)
