"""Reading the one credential of a request (RFC 6750 §2.1, contract 4.4): T24, T25, T32, T34."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from reference_tokens.endpoints.credentials import MalformedCredential, NoCredential, presented_token

pytestmark = pytest.mark.once

TOKEN = "enrt_" + "0123456789ABCDEF" * 4
VISIBLE = "".join(map(chr, range(0x21, 0x7F))).replace(",", "")
HEADERS = ("HTTP_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_API_KEY")


def read(**meta: Any) -> str:
    return presented_token(RequestFactory().get("/auth/forward", **meta))


@pytest.mark.parametrize(
    "meta",
    [
        {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"},
        {"HTTP_AUTHORIZATION": f"bearer {TOKEN}"},
        {"HTTP_AUTHORIZATION": f"BEARER {TOKEN}"},
        {"HTTP_AUTHORIZATION": f"bEaReR   {TOKEN}"},
        {"HTTP_X_API_KEY": TOKEN},
        {"HTTP_API_KEY": TOKEN},
    ],
)
def test_each_form_of_the_contract_is_read(meta: dict[str, str]) -> None:
    assert read(**meta) == TOKEN


@pytest.mark.parametrize("text", ["x", VISIBLE, "not a token".replace(" ", "-"), "a" * 4089])
def test_what_is_well_formed_as_a_credential_need_not_be_a_token(text: str) -> None:
    assert read(HTTP_AUTHORIZATION=f"Bearer {text}") == text


def test_no_header_is_no_credential() -> None:
    with pytest.raises(NoCredential):
        read()


@pytest.mark.parametrize(
    "meta",
    [
        {"QUERY_STRING": f"access_token={TOKEN}"},
        {"HTTP_COOKIE": f"token={TOKEN}"},
        {"HTTP_X_FORWARDED_AUTHORIZATION": f"Bearer {TOKEN}"},
        {"HTTP_X_AUTHORIZATION": f"Bearer {TOKEN}"},
        {"HTTP_PROXY_AUTHORIZATION": f"Bearer {TOKEN}"},
        {"HTTP_APIKEY": TOKEN},
    ],
)
def test_t25_a_token_elsewhere_is_no_credential(meta: dict[str, str]) -> None:
    with pytest.raises(NoCredential):
        read(**meta)


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize(
    "value",
    [
        ",",
        f"{TOKEN},{TOKEN}",
        f"{TOKEN}, {TOKEN}",
        f"{TOKEN},",
        f",{TOKEN}",
        f"{TOKEN} x",
        f"{TOKEN} ",
        f"{TOKEN}\t",
        f"{TOKEN}\n",
        f"{TOKEN}\0",
        f"{TOKEN}\x7f",
        f"{TOKEN}é",
        f"{TOKEN}\u2028",
        "a" * 4097,
    ],
)
def test_t24_t34_what_is_not_one_visible_word_is_refused(name: str, value: str) -> None:
    prefix = "Bearer " if name == "HTTP_AUTHORIZATION" else ""
    with pytest.raises(MalformedCredential):
        read(**{name: prefix + value})


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        f"Bearer\t{TOKEN}",
        f"Bearer{TOKEN}",
        f" Bearer {TOKEN}",
        TOKEN,
        f"Basic {TOKEN}",
        f"Token {TOKEN}",
        f"DPoP {TOKEN}",
        f"Bearer {TOKEN}, Basic eDp5",
        f"Bearer Bearer {TOKEN}",
        f"Beaŕer {TOKEN}",
        f"Bea\u212aer {TOKEN}",
    ],
)
def test_t24_another_scheme_or_text_around_the_token_is_refused(value: str) -> None:
    with pytest.raises(MalformedCredential):
        read(HTTP_AUTHORIZATION=value)


def test_an_api_key_header_takes_no_scheme() -> None:
    with pytest.raises(MalformedCredential):
        read(HTTP_X_API_KEY=f"Bearer {TOKEN}")


@pytest.mark.parametrize("empty", ["", " ", "\t"])
@pytest.mark.parametrize("name", HEADERS)
def test_an_empty_header_is_none(name: str, empty: str) -> None:
    with pytest.raises(NoCredential):
        read(**{name: empty})
    with pytest.raises(NoCredential):
        read(**dict.fromkeys(HEADERS, empty))
    for other in set(HEADERS) - {name}:
        prefix = "Bearer " if other == "HTTP_AUTHORIZATION" else ""
        assert read(**{name: empty, other: prefix + TOKEN}) == TOKEN


@pytest.mark.parametrize("second", ["x", TOKEN])
@pytest.mark.parametrize("names", [HEADERS[:2], HEADERS[1:], HEADERS[::2]])
def test_t24_two_headers_are_refused_even_if_both_are_the_same(names: tuple[str, str], second: str) -> None:
    for first, other in (names, names[::-1]):
        values = {first: TOKEN, other: second}
        if "HTTP_AUTHORIZATION" in values:
            values["HTTP_AUTHORIZATION"] = f"Bearer {values['HTTP_AUTHORIZATION']}"
        with pytest.raises(MalformedCredential):
            read(**values)


@pytest.mark.parametrize(("length", "is_read"), [(4096, True), (4097, False)])
def test_t34_a_header_of_4_kb_is_read_and_a_longer_one_not(length: int, is_read: bool) -> None:
    value = "a" * length
    if is_read:
        assert read(HTTP_X_API_KEY=value) == value
    else:
        with pytest.raises(MalformedCredential):
            read(HTTP_X_API_KEY=value)


@given(st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=80)))
def test_any_headers_give_one_word_or_a_refusal(meta: dict[str, str]) -> None:
    try:
        text = read(**meta)
    except (NoCredential, MalformedCredential):
        return
    assert len([value for value in meta.values() if value.strip()]) == 1
    assert text
    assert set(text) <= set(VISIBLE)
