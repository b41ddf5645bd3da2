"""T17, T50: in the long run, 2,000 calls of each class: their times do not tell one from the other."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import AttemptCount, User
from tests.factories import ResourceServerFactory, UserFactory
from tests.introspection import UNKNOWN, ask, basic
from tests.long_runs import IS_LONG
from tests.pages import give_password
from tests.timing import measured, what_tells

pytestmark = [
    pytest.mark.once,
    pytest.mark.long_run,
    pytest.mark.skipif(not IS_LONG, reason="it measures time: make test-long"),
    pytest.mark.django_db,
]


def test_t17_an_unknown_client_takes_as_long_as_a_wrong_secret(client: Client, server: Any) -> None:
    disabled: Any = ResourceServerFactory.create(is_enabled=False)
    wrong = f"enrs_{'x' * 43}"

    def asking(client_id: str, secret: str) -> Any:
        return lambda: ask(client, f"token={UNKNOWN}", basic(client_id, secret))

    classes = {
        "an unknown client": asking("rs_" + "9" * 20, wrong),
        "a wrong secret": asking(server.client_id, wrong),
        "a disabled client, wrong secret": asking(disabled.client_id, wrong),
        "a disabled client, its secret": asking(disabled.client_id, disabled.plain_secret),
    }
    assert {call().status_code for call in classes.values()} == {401}
    assert what_tells(measured(classes)) == []


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [("/accounts/login/", {"password": "a wrong password of somebody"}, 200), ("/accounts/password/reset/", {}, 302)],
)
@pytest.mark.mails_wait
def test_t50_a_known_an_unknown_and_an_inactive_account_take_as_long(
    client: Client, path: str, fields: dict[str, str], status: int
) -> None:
    for name, traits in {"known": {}, "inactive": {"is_active": False}, "robot": {"system": True}}.items():
        user = UserFactory.create(username=name, email=f"{name}@example.com", **traits)
        if user.kind == User.Kind.PERSON:
            give_password(user)

    def sending(login: str) -> Any:
        def send() -> Any:
            # How often somebody may try is not what is measured: the limit would answer in place of the page.
            AttemptCount.objects.all().delete()
            answer = client.post(path, {"login": login} | fields)
            assert answer.status_code == status

        return send

    classes = {name: sending(name) for name in ("nobody", "known", "inactive", "robot")}
    assert what_tells(measured(classes)) == []
