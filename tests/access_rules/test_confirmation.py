"""Where the visitor must have shown within 15 minutes who it is (PEO-3), and the way there and back (T46)."""

from __future__ import annotations

import pytest

from accounts.models import User
from tests.access_rules.ask import ABOUT, address_of
from tests.access_rules.filled_forms import Filling
from tests.access_rules.table import CONFIRMED_ONLY, EXPECTED
from tests.pages import CONFIRM_URL, form_of, next_of, signed_in

pytestmark = [pytest.mark.once, pytest.mark.django_db]


def test_peo3_every_form_asks_for_the_proof_or_says_why_not() -> None:
    forms = {route for route, page in EXPECTED.items() if page.takes_a_form}
    assert forms == {route for route, page in EXPECTED.items() if page.proof}


@pytest.mark.parametrize("route", CONFIRMED_ONLY)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t46_it_must_have_been_shown_recently_who_it_is(
    visitors: dict[str, User], ids: dict[str, str], route: str, method: str
) -> None:
    address = address_of(route, ids)
    client = signed_in(visitors["administrator"], confirmed=False)
    response = client.generic(method, address)
    assert response.headers["Location"].startswith(f"{CONFIRM_URL}?next=")
    assert next_of(response) == address


@pytest.mark.parametrize("route", CONFIRMED_ONLY)
def test_t46_no_form_is_kept_in_the_session_while_it_is_confirmed_who_it_is(
    visitors: dict[str, User], ids: dict[str, str], route: str
) -> None:
    client = signed_in(visitors["administrator"], confirmed=False)
    before = set(client.session.keys())
    client.post(address_of(route, ids), {"description": "typed words", "password": "typed words"})
    assert set(client.session.keys()) - before <= {"signed_in_at"}
    assert "typed words" not in str(dict(client.session))


# What another form would bring anew, and what is meant to be typed once more.
NOT_CARRIED = {"csrfmiddlewaretoken", "request_key", "credential", "code", "next"}


@pytest.mark.parametrize("route", CONFIRMED_ONLY)
def test_t46_every_form_comes_back_from_the_confirmation_as_it_was_filled_in(
    visitors: dict[str, User], ids: dict[str, str], route: str
) -> None:
    user = visitors["person" if route.startswith("/profile/") else "administrator"]
    address, browser = address_of(route, ids), signed_in(user, by_factor=True)
    page = browser.get(address + ABOUT.get(route, ""))
    filled = Filling(page).fields if page.status_code == 200 else {}
    late = signed_in(user, confirmed=False).post(address, filled)
    came_back = browser.get(next_of(late))
    shown = form_of(came_back, address) if page.status_code == 200 else {}
    assert {name: shown.get(name) for name in filled if name not in NOT_CARRIED} == {
        name: values for name, values in filled.items() if name not in NOT_CARRIED
    }
    assert set(shown) <= set(filled) | NOT_CARRIED
