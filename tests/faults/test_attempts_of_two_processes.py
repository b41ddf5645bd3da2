"""T51: two worker processes count attempts together, however many come at once."""

from __future__ import annotations

import http.client
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pytest_django.fixtures import Settings

from accounts.models import AttemptCount, AuditEvent, User
from tests.factories import PASSWORD, UserFactory
from tests.gunicorn import Gunicorn, gunicorn
from tests.pages import LOGIN_URL, give_password

pytestmark = pytest.mark.django_db(transaction=True)

ATTEMPTS = 30


@pytest.fixture
def alice(db: None) -> User:
    return give_password(UserFactory.create(username="alice"))


def try_to_sign_in(live: Gunicorn, password: str) -> int:
    """The status that a browser of its own gets, which knows of no other attempt."""
    connection = http.client.HTTPConnection("localhost", live.port, timeout=60)
    try:
        connection.request("GET", LOGIN_URL)
        page = connection.getresponse()
        cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
        (token,) = re.findall(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.read())[:1]
        form = urlencode({"csrfmiddlewaretoken": token, "login": "alice", "password": password})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        connection.request("POST", LOGIN_URL, form, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_t51_of_many_attempts_at_once_no_more_pass_than_may(alice: User, tmp_path: Path, settings: Settings) -> None:
    # Where the files of the pages have been collected.
    with gunicorn(tmp_path, DATA_DIR=str(settings.DATA_DIR)) as live, ThreadPoolExecutor(8) as pool:
        found = Counter(pool.map(lambda _number: try_to_sign_in(live, "wrong"), range(ATTEMPTS)))
        assert found == {200: 10, 429: ATTEMPTS - 10}
        assert try_to_sign_in(live, PASSWORD) == 429
    assert max(AttemptCount.objects.values_list("count", flat=True)) == ATTEMPTS + 1
    assert AuditEvent.objects.filter(action="user:sign_in_failed").count() == 10
