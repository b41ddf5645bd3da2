"""T47: whatever may be sent to the product, in whichever way another site sends it: it is refused, and nothing is done.

Each address is sent to without a token, and in one other way; some addresses, and in the long run all, in every way. A
form of our own is taken at the same address, so that no refusal here comes from something else.
"""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.access_rules.ask import ABOUT, address_of
from tests.access_rules.table import EXPECTED, OPEN_TO_ALL
from tests.introspection import Statements
from tests.long_runs import rounds
from tests.pages import HTMX, form_of, signed_in, text_of

pytestmark = [pytest.mark.once, pytest.mark.long_run, pytest.mark.django_db]

TAKES = [route for route, page in EXPECTED.items() if page.takes_a_form]
# One of each site, and of everybody: sent to in every way.
IN_EVERY_WAY = {
    "/accounts/login/",
    "/profile/security/tokens/<uuid:token_id>/revoke/",
    "/manage/security/tokens/<uuid:token_id>/revoke/",
}
WAYS_OF_AN_ADDRESS, WAYS = 2, 8
CHANGES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


def ways(own: str, of_another: str) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """How other sites send: the fields and headers of each, with the browser's token, another's, or none."""
    field = {"csrfmiddlewaretoken": own}
    return {
        "no token": ({}, {}),
        "no token, by htmx": ({}, HTMX),
        "another browser's token": ({"csrfmiddlewaretoken": of_another}, {}),
        "another browser's token, by htmx": ({}, HTMX | {"X-CSRFToken": of_another}),
        "the token, from another site": (field, {"Sec-Fetch-Site": "cross-site"}),
        "the token, from another site, by htmx": ({}, HTMX | {"X-CSRFToken": own, "Sec-Fetch-Site": "cross-site"}),
        "the token, from another origin": (field, {"Origin": "https://evil.example"}),
        "the token, from no origin": (field, {"Origin": "null"}),
    }


def ways_of(route: str, own: str, of_another: str) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """The ways that this address is sent to: none is left out where there are many addresses."""
    (first, *others), turn = ways(own, of_another).items(), TAKES.index(route) % (WAYS - 1)
    tried = WAYS if route in IN_EVERY_WAY else rounds(WAYS_OF_AN_ADDRESS, long=WAYS)
    return dict([first, *others[turn:], *others[:turn]][:tried])


def token_of(browser: Client) -> str:
    """The CSRF token that the pages of this browser hold."""
    [token] = form_of(browser.get("/accounts/password/reset/sent/"), "/theme/")["csrfmiddlewaretoken"]
    return token


def browser_for(route: str, people: dict[str, User]) -> Client:
    """A browser of whom the address is for: of nobody, of the one whom its thing belongs to, or of an administrator."""
    if route in OPEN_TO_ALL:
        return Client(enforce_csrf_checks=True)
    who = "administrator" if route.startswith("/manage/") else "person"
    return signed_in(people[who], by_factor=True, enforce_csrf_checks=True)


@pytest.mark.parametrize("route", TAKES)
def test_t47_nothing_is_done_that_another_site_sends(
    visitors: dict[str, User], ids: dict[str, str], route: str
) -> None:
    address, browser = address_of(route, ids) + ABOUT.get(route, ""), browser_for(route, visitors)
    own, of_another = token_of(browser), token_of(Client(enforce_csrf_checks=True))
    is_signed_in = "_auth_user_id" in browser.session
    for way, (fields, headers) in ways_of(route, own, of_another).items():
        with Statements() as statements:
            answer = browser.post(address, fields, headers=headers)
        assert answer.status_code == 403, way
        assert [sql for sql in statements.sql if sql.startswith(CHANGES)] == [], way
        assert ("_auth_user_id" in browser.session) == is_signed_in, way
        assert "Nothing was changed" in text_of(answer), way
    answer = browser.post(address, {"csrfmiddlewaretoken": own}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code != 403
