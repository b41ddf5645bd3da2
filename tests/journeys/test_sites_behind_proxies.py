"""People sign in through each proxy as deploy/ sets it up, over TLS, whatever they say of themselves."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

from accounts.models import AuditEvent, User
from tests.factories import PASSWORD
from tests.pages import AFTER_SIGN_IN, give_password
from tests.site_proxies import KINDS, sites_behind


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", KINDS)
def test_people_sign_in_through_the_proxy(alice: User, tmp_path: Path, name: str) -> None:
    give_password(alice)
    with sites_behind(name, tmp_path) as browser:
        page = browser.ask("GET /accounts/login/ HTTP/1.1")
        assert page.status == 200
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)
        assert token
        typed = {"csrfmiddlewaretoken": token[1].decode(), "login": "alice", "password": PASSWORD}
        said = [f"Origin: {browser.origin}", f"Cookie: {str(page.header('Set-Cookie')).partition(';')[0]}"]
        answer = browser.ask("POST /accounts/login/ HTTP/1.1", *said, form=urlencode(typed))
    assert (answer.status, answer.header("Location")) == (302, AFTER_SIGN_IN)
    event = AuditEvent.objects.get(action="user:sign_in")
    assert (event.actor_id, event.address) == (str(alice.pk), "127.0.0.1")
