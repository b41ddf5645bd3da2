"""T47: a form that another site sends is refused, whatever token it carries."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.pages import signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

THEME = {"theme": "dark", "next": "/profile/"}


def test_t47_a_form_of_another_site_is_refused(alice: User) -> None:
    response = signed_in(alice).post("/theme/", THEME, headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 403
    assert "theme" not in response.cookies


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none"])
def test_t47_a_form_of_our_own_is_taken(alice: User, site: str) -> None:
    assert signed_in(alice).post("/theme/", THEME, headers={"sec-fetch-site": site}).status_code == 302


def test_t47_a_link_from_another_site_may_be_followed(alice: User) -> None:
    assert signed_in(alice).get("/profile/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_too_many_attempts_to_sign_in_are_told_what_to_do(client: Client, alice: User) -> None:
    cache.clear()
    responses = [client.post("/accounts/login/", {"login": "nobody", "password": "wrong"}) for _ in range(31)]
    assert responses[-1].status_code == 429
    assert "Too many attempts" in text_of(responses[-1])
