"""T41: whatever people type is shown as they typed it, on every page, and does nothing else."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.visit import APPLICATIONS, TOKENS, Visit
from tests.service import Service

pytestmark = pytest.mark.once

MARKUP = "<img src=x onerror=alert(1)>\"'`{{7*7}}&lt;<script>alert(2)</script>"
REASON = "'\"><svg/onload=alert(3)>"
# Names may not hold these; whatever else brings them in shall not turn the text around it.
BIDI = "\u202egnp.exe\u2066"
POISON = """
import datetime
from django.utils import timezone
from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat, issue_sat
from reference_tokens.models import ReferenceToken, ResourceServer, TokenUse
from reference_tokens.lifecycle.revocation import revoke_token
from trusted_apps.models import TrustedApplication, Scope
now, markup, bidi = timezone.now(), {markup!r}, {bidi!r}
person = User.objects.get(username={username!r})
User.objects.filter(pk=person.pk).update(name=markup)
person.groups.create(name=markup + {username!r})
robot = User.objects.create(username="r-" + {username!r}, name=markup, kind="SYSTEM", password="!")
app = TrustedApplication.objects.create(application_uri="com.example/" + {username!r}, name=markup[:64],
    description=markup + bidi, access_tokens_policy="AuthenticatedUsers", scopes=["read"], system_user=robot)
app.owners.add(person)
TrustedApplication.objects.filter(pk=app.pk).update(name=markup[:60] + bidi[:4])
server = ResourceServer.objects.create(client_id="rs_" + {username!r}, name=markup + {username!r})
token_request = lambda: TokenRequest(scopes=["read"], expires_at=now + datetime.timedelta(days=30), description=markup)
pat, sat, ended = (issue_pat(actor=OPERATOR, user=person, application=app, token_request=token_request(), now=now),
    issue_sat(actor=OPERATOR, application=app, token_request=token_request(), now=now),
    issue_pat(actor=OPERATOR, user=person, application=app, token_request=token_request(), now=now))
TokenUse.objects.create(token=pat.token, application=app, last_used_at=now, last_used_server=server)
ReferenceToken.objects.filter(pk=pat.token.pk).update(first_used_at=now, description=markup + bidi)
revoke_token(actor=OPERATOR, token_id=ended.token.pk, now=now, reason={reason!r})
print(app.pk, pat.token.pk)
"""


def test_t41_poison_is_shown_literally_and_does_nothing(visit: Visit, service: Service) -> None:
    page = visit.page
    username = service.person("mallory", "--administrator")
    values = {"markup": MARKUP, "bidi": BIDI, "reason": REASON, "username": username}
    app, pat = service.shell(POISON.format(**values)).split()
    visit.sign_in(username)
    one_app = f"{APPLICATIONS}{app}/"
    pages = {
        "/profile/": [MARKUP],
        TOKENS: [MARKUP, MARKUP[:60]],
        f"{TOKENS}?state=ended": [MARKUP, REASON],
        f"{TOKENS}new/?description={MARKUP.replace('&', '%26')}": [MARKUP[:60]],
        f"{TOKENS}{pat}/revoke/": [MARKUP],
        APPLICATIONS: [MARKUP[:60]],
        f"{APPLICATIONS}?q=<img": [MARKUP[:60]],
        one_app: [MARKUP, MARKUP[:60]],
        f"{one_app}?state=ended": [MARKUP, REASON],
        f"{one_app}edit/": [MARKUP],
        f"{one_app}tokens/new/": [MARKUP, MARKUP[:60]],
        f"/manage/security/tokens/{pat}/revoke/": [MARKUP],
    }
    for path, texts in pages.items():
        page.goto(path)
        shown = page.locator("main").inner_text() + "".join(page.locator("main select").all_inner_texts())
        for text in texts:
            assert text in shown, path
        harmless(visit)

    poison_through_htmx(visit, app)


def poison_through_htmx(visit: Visit, app: str) -> None:
    """The same texts in the dialog, in the section swapped out of band, and in a toast."""
    page = visit.page
    page.goto(TOKENS)
    form = visit.open_form()
    harmless(visit)
    visit.choose_application(MARKUP[:20], f"[value='{app}']")
    form.get_by_label("Description").fill(MARKUP)
    harmless(visit)
    form.get_by_role("button", name="Generate token").click()
    visit.plain_text()
    expect(form).to_contain_text(MARKUP)
    harmless(visit)
    form.get_by_role("button", name="Copy token").click()
    expect(page.locator("#dialog-status")).to_have_text("Copied")
    form.get_by_role("link", name="I have stored it").click()
    page.locator("main .danger-hover").first.click()
    expect(form.get_by_role("heading")).to_contain_text(MARKUP)
    harmless(visit)
    form.get_by_role("button", name="Revoke token").click()
    expect(page.locator(".toast")).to_contain_text(f"{MARKUP} was revoked.")
    harmless(visit)
    visit.check()


def harmless(visit: Visit) -> None:
    """Nothing of the text became markup, and no text outside runs the other way."""
    assert visit.page.locator("img, [onerror], [onload], script:not([src])").count() == 0
    assert visit.page.evaluate(
        """bidi => {
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const {parentElement: holder, data} = walker.currentNode;
                if (data.includes(bidi) && !holder.closest("bdi, option, textarea, .visually-hidden")) return false;
            }
            return true;
        }""",
        BIDI[0],
    )
