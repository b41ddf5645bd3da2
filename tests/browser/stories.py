"""Four stories of an administrator's daily work, from Home on, and the number of clicks that each may take."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.hands import Hand
    from tests.service import Service

# For each time that the stories are told: somebody who leaves, with two tokens; two that nobody ever used; one that
# leaked, and one that was revoked.
PREPARE = """
import json
from datetime import timedelta
from django.utils import timezone
from accounts.audit.record import OPERATOR
from accounts.people.creation import create_user
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken
from trusted_apps.models import TrustedApplication

now = timezone.now()
application = TrustedApplication.objects.get(application_uri="com.example/excel")

def token(holder, description):
    token_request = TokenRequest(scopes=["read"], expires_at=now + timedelta(days=30), description=description)
    return issue_pat(actor=OPERATOR, application=application, user=holder, token_request=token_request, now=now)

def told(name):
    stays, leaves = (
        create_user(actor=OPERATOR, now=now, username=f"{{kind}}.{{name}}", name=f"{{kind.title()}} {{name}}")
        for kind in ("stays", "leaves"))
    of_leaver = [token(leaves, description) for description in ("Laptop", "Phone")]
    unused = [token(stays, f"Kiosk {{name}} {{number}}") for number in (1, 2)]
    ReferenceToken.objects.filter(pk__in=[issued.token.pk for issued in unused]).update(
        issued_at=now - timedelta(days=180))
    leaked, revoked = token(stays, f"Leaked {{name}}"), token(stays, f"Old laptop {{name}}")
    revoke_token(actor=OPERATOR, token_id=revoked.token.pk, now=now, reason="Found in a chat")
    groups = {{"of_leaver": of_leaver, "unused": unused, "leaked": [leaked], "revoked": [revoked]}}
    return {{group: [issued.plaintext for issued in tokens] for group, tokens in groups.items()}}

print(json.dumps({{name: told(name) for name in {names!r}}}))
"""


@dataclass(frozen=True)
class Cast:
    """Whom and what one telling of the stories is about, by a name of its own; the tokens by their values."""

    name: str
    of_leaver: list[str]
    unused: list[str]
    leaked: list[str]
    revoked: list[str]


def casts(service: Service, names: Iterable[str]) -> dict[str, Cast]:
    """Prepare an instance for one telling of each name."""
    prepared = json.loads(service.shell(PREPARE.format(names=list(names))))
    return {name: Cast(name, **tokens) for name, tokens in prepared.items()}


def pastes_into_the_check(hand: Hand, token: str) -> None:
    hand.press(hand.page.get_by_role("main").get_by_role("link", name="Check a token"))
    field = hand.page.get_by_label("Token", exact=True)
    expect(field).to_be_focused()
    hand.write(token, field)
    hand.press(button(hand, "Check token"))


def leaked_token(hand: Hand, cast: Cast) -> list[str]:
    """A token stands in a public place: it is pasted, found, and revoked."""
    pastes_into_the_check(hand, cast.leaked[0])
    expect(hand.page.get_by_role("heading", name="Accepted: the token is active")).to_be_visible()
    hand.press(hand.page.get_by_role("link", name="Revoke", exact=True))
    hand.press(hand.visit.box.get_by_role("button", name="Revoke token"))
    expect(hand.page.get_by_text(f"Leaked {cast.name} was revoked.")).to_be_visible()
    return cast.leaked


def unused_tokens(hand: Hand, cast: Cast) -> list[str]:
    """Home tells what was unused for 90 days; of that, all that some words find is chosen and revoked."""
    hand.press(hand.page.get_by_role("link", name="Tokens unused for 90 days"))
    hand.write(f"Kiosk {cast.name}", hand.page.get_by_label("Search tokens"))
    hand.page.keyboard.press("Enter")
    hand.press(hand.page.get_by_label("All that match: 2 tokens"))
    if hand.visit.javascript:
        expect(hand.page.get_by_text("2 tokens chosen")).to_be_visible()
    hand.press(button(hand, "Revoke chosen"))
    revokes_two(hand)
    return cast.unused


def tokens_of_a_leaver(hand: Hand, cast: Cast) -> list[str]:
    """Somebody leaves: all of their tokens are revoked from their page."""
    hand.press(hand.page.get_by_role("link", name=re.compile(r"^\s*Users.*people", re.DOTALL)))
    hand.write(f"leaves.{cast.name}", hand.page.get_by_label("Name or e-mail address"))
    hand.page.keyboard.press("Enter")
    hand.press(hand.page.get_by_role("link", name=f"Leaves {cast.name}", exact=True))
    hand.press(hand.page.get_by_role("link", name="Revoke all tokens"))
    revokes_two(hand)
    return cast.of_leaver


def why_refused(hand: Hand, cast: Cast) -> list[str]:
    """Somebody asks why their token is refused: it is pasted, and the answer says why."""
    pastes_into_the_check(hand, cast.revoked[0])
    expect(hand.page.get_by_role("heading", name="Refused: the token was revoked")).to_be_visible()
    expect(hand.page.get_by_text("The reason given: Found in a chat")).to_be_visible()
    return cast.revoked


def revokes_two(hand: Hand) -> None:
    """Type the number of the tokens, and revoke them."""
    hand.write("2", hand.page.get_by_label("Number of tokens"))
    hand.press(button(hand, "Revoke 2 tokens"))
    expect(hand.page.get_by_text("2 tokens revoked.")).to_be_visible()
    if hand.visit.javascript:
        expect(hand.page.locator("[data-told]")).to_be_focused()


def button(hand: Hand, name: str) -> Locator:
    return hand.page.get_by_role("button", name=name)


@dataclass(frozen=True)
class Story:
    """What is done, which returns the tokens that are refused in the end, and with how many clicks at the most."""

    what: str
    done: Callable[[Hand, Cast], list[str]]
    most_clicks: int


STORIES = {
    "leaked": Story("a leaked token pasted to revoked", leaked_token, 4),
    "unused": Story("tokens unused for 90 days chosen and revoked", unused_tokens, 6),
    "leaver": Story("the tokens of a leaver revoked", tokens_of_a_leaver, 4),
    "refused": Story("why a token is refused, after one paste", why_refused, 4),
}
