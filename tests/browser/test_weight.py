"""What a page costs on its way to somebody who has never been here."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Open
from tests.browser.visit import TOKENS
from tests.service import Service

pytestmark = pytest.mark.once

FIFTY_TOKENS = """
import datetime
from django.utils import timezone
from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat
from trusted_apps.models import TrustedApplication
now, user = timezone.now(), User.objects.get(username={username!r})
application = TrustedApplication.objects.get(application_uri="com.example/excel")
for number in range(50):
    expires_at = now + datetime.timedelta(days=30)
    token_request = TokenRequest(scopes=["read"], expires_at=expires_at, description=f"Import {{number}}")
    issue_pat(actor=OPERATOR, user=user, application=application, token_request=token_request, now=now)
"""


def test_first_load_is_at_most_40_kb_over_the_wire(open_visit: Open, service: Service) -> None:
    visit = open_visit()
    username = service.person("wilma")
    service.shell(FIFTY_TOKENS.format(username=username))
    visit.sign_in(username)
    session = visit.context.new_cdp_session(visit.page)
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    for path in (TOKENS, f"{TOKENS}new/", "/profile/"):
        sizes.clear()
        session.send("Network.clearBrowserCache")
        visit.page.goto(path, wait_until="networkidle")
        assert len(sizes) >= 5
        assert sum(sizes) <= 40_000, path
