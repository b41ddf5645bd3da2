"""Whatever page a browser says that it comes from: an act that was committed is told, and its value shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import issued_pat
from tests.pages import HTMX, form_of, secret_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

ORIGIN = "http://testserver"
LIST = "/profile/security/tokens/"
INVENTORY = "/manage/security/tokens/"
QUERIES = [
    "after=x",
    "after=%00",
    "after=1.2.3&before=4",
    "after=0-999999999999999999999999-x",
    "q=%00",
    "q=%ff%fe",
    "q=%ED%A0%80",
    "owner=%00&application=%00&scope=%00",
    "owner=%ED%A0%80&application=x&scope=%ff",
    "state=x&kind=y&sort=z",
    "&".join(f"a{number}=1" for number in range(2_000)),
    "q=" + "x" * 100_000,
    ";=&&==%",
]
STRANGE = [
    "http://[",
    "http://[::1",
    "http://]/",
    "//[x]",
    "http://testserver:x/",
    "x" * 100_000,
    "\x00",
    "\x7f\x01",
    f"{ORIGIN}/manage/security/users/{'-' * 36}/",
    f"{ORIGIN}/manage/security/users/{'f' * 36}/",
    *(f"{ORIGIN}{path}?{query}" for path in (LIST, INVENTORY) for query in QUERIES),
]


@pytest.mark.parametrize("current", STRANGE)
@pytest.mark.parametrize("encoded", [{}, {"HX-Current-URL-URI-AutoEncoded": "true"}])
def test_a_rotated_value_is_shown_wherever_its_form_says_that_it_stood(
    alice: User, alice_client: Client, application: TrustedApplication, current: str, encoded: Any
) -> None:
    url = f"{LIST}{issued_pat(alice, application).token.pk}/rotate/"
    sent = form_of(alice_client.get(url))
    response = alice_client.post(url, sent, headers=HTMX | {"HX-Current-URL": current} | encoded)
    assert response.status_code == 200
    assert secret_of(response)


@pytest.mark.parametrize("current", STRANGE)
def test_a_revocation_is_told_wherever_its_question_says_that_it_stood(
    alice: User, alice_client: Client, administrator_client: Client, application: TrustedApplication, current: str
) -> None:
    headers = HTMX | {"HX-Current-URL": current}
    for client, site in ((alice_client, LIST), (administrator_client, INVENTORY)):
        token = issued_pat(alice, application, description="Laptop").token
        response = client.post(f"{site}{token.pk}/revoke/", headers=headers)
        assert response.status_code == 200
        assert "was revoked" in response.content.decode()
    assert not ReferenceToken.objects.filter(revoked_at=None).exists()


@pytest.mark.parametrize(
    "strange",
    [
        {"User-Agent": "\x00\ud800".encode("utf-8", "surrogatepass").decode("latin-1")},
        {"Accept-Language": "x" * 10_000},
        {"Accept-Language": "en;q=x,\x00"},
        {"Referer": "http://["},
        {"Cookie": "theme=\x00"},
        {"HX-Request": "true", "HX-Boosted": "true", "HX-Current-URL": "http://["},
    ],
)
def test_a_rotated_value_is_shown_whatever_the_browser_says_of_itself(
    alice: User, alice_client: Client, application: TrustedApplication, strange: Any
) -> None:
    url = f"{LIST}{issued_pat(alice, application).token.pk}/rotate/"
    sent = form_of(alice_client.get(url))
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in alice_client.cookies.items())
    headers = strange | ({"Cookie": f"{cookie}; {strange['Cookie']}"} if "Cookie" in strange else {})
    assert secret_of(alice_client.post(url, sent, headers=headers))
