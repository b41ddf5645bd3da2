"""Pages that are read: they write nothing (AVA-5), and a form that shows a state carries its version (EDIT-1)."""

from __future__ import annotations

import re

import pytest

from accounts.models import User
from tests.access_rules.ask import ABOUT, address_of
from tests.access_rules.filled_forms import Filled
from tests.access_rules.table import EXPECTED
from tests.introspection import Statements
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

# How a statement begins that only reads; one that begins with parts of its own may act in the end.
READS = re.compile(r"\s*(?:SELECT|DECLARE|WITH (?!.*\b(?:INSERT|UPDATE|DELETE|MERGE)\b))", re.DOTALL)
# What a GET of these keeps in the session is what its answer is about: a challenge, a key, which link was opened.
KEEPS_WHAT_IT_SHOWS = {
    "/accounts/login/passkey/",
    "/accounts/reauthenticate/passkey/",
    "/accounts/password/reset/<str:reset_key>/",
    "/accounts/invitation/<str:invitation_key>/",
    "/profile/security/second-factors/app/",
    "/profile/security/second-factors/passkeys/new/",
}


@pytest.mark.parametrize("visitor", ["person", "administrator"])
def test_ava5_a_page_that_is_read_writes_nothing(visitors: dict[str, User], ids: dict[str, str], visitor: str) -> None:
    written = {}
    for route in sorted(set(EXPECTED) - KEEPS_WHAT_IT_SHOWS):
        client = signed_in(visitors[visitor])
        with Statements() as statements:
            response = client.get(address_of(route, ids))
        # What leads elsewhere may say there why.
        if response.status_code == 200:
            written[route] = [sql for sql in statements.sql if not READS.match(sql)]
    assert len(written) > 20
    assert {route: sql for route, sql in written.items() if sql} == {}


# What a form shows at first that is no state of a thing: nobody else can change it.
NOTHING_TO_UNDO = {
    "/manage/security/resource-servers/new/": "what a new one is",
    "/manage/security/webhooks/new/": "what a new one is",
    "/manage/security/trusted-apps/new/": "what a new one is",
    "/manage/security/trusted-apps/<uuid:application_id>/tokens/new/": "what a new one is",
    "/manage/security/users/<uuid:user_id>/hand-over/<uuid:token_id>/": "what a new one is",
    "/profile/security/tokens/new/": "what a new one is",
    "/profile/security/tokens/<uuid:token_id>/rotate/": "how long the old value lives on",
    "/manage/security/tokens/<uuid:token_id>/rotate/": "how long the old value lives on",
    "/profile/security/second-factors/passkeys/new/": "what a new one is called",
    "/profile/security/password/": "whose password it is",
}


@pytest.mark.parametrize("route", [route for route in EXPECTED if route.startswith(("/profile", "/manage"))])
def test_edit1_every_form_that_shows_what_there_is_carries_its_version(
    visitors: dict[str, User], ids: dict[str, str], route: str
) -> None:
    user = visitors["person" if route.startswith("/profile/") else "administrator"]
    response = signed_in(user, by_factor=True).get(address_of(route, ids) + ABOUT.get(route, ""))
    shown = {name for name, values in Filled(response).fields.items() if any(values)}
    is_edited = bool(shown - {"version"}) and route not in NOTHING_TO_UNDO
    assert is_edited == ("version" in shown)
