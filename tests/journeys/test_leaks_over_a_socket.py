"""T58: a token that somebody found is reported, and dead at the next request, in every process (contract 4.7)."""

from __future__ import annotations

import json

import pytest

from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.token_values import token_format
from tests.factories import issued_pat
from tests.gunicorn import Gunicorn
from tests.introspection import INACTIVE
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db(transaction=True)


def test_t58_a_reported_token_is_dead_at_the_next_request_in_every_process(
    live_gunicorn: Gunicorn, server: object, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    assert live_gunicorn.introspect(server, issued.plaintext).body != INACTIVE
    # Of a thousand values one is good: more than a page takes.
    values = [*(token_format.generate() for _number in range(999)), issued.plaintext]
    body = json.dumps({"tokens": values, "url": "https://paste.example/raw/42"}).encode()
    answer = live_gunicorn.post(body, path=b"/leaks/revoke")
    assert (answer.status, answer.body) == (202, b"{}")
    assert {live_gunicorn.introspect(server, issued.plaintext).body for _time in range(8)} == {INACTIVE}
    assert ReferenceToken.objects.get().exposed_at
    log = live_gunicorn.log.read_text()
    assert issued.plaintext not in log
    assert live_gunicorn.post(b" " * 131_073, path=b"/leaks/revoke").status == 413
