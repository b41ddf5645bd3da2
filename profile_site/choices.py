"""Choosing one of the applications that a person may issue for: the recent ones first, and a search by name or URI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.forms.choosing import MOST_OFFERED, SEARCH, status
from accounts.http import SignedInRequest
from accounts.sign_in.decorators import signed_in_required
from accounts.text.case_folding import contains_text
from profile_site.pages import PROFILE
from reference_tokens.lists.search import holds_token, without_token_in_search
from reference_tokens.models import ReferenceToken
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User

# So many of the person's latest tokens are looked at, for the applications of these to stand first.
LATEST_TOKENS = 50
MOST_RECENT = 5


@require_safe
@signed_in_required
@without_token_in_search
def application_choices(request: SignedInRequest) -> HttpResponse:
    """The applications that the person may issue for and the words find: twenty at the most."""
    words = request.GET.get(f"application{SEARCH}", "")
    return PROFILE.page(request, "partials/application_answer.html", choices_for(request.user, words))


def choices_for(user: User, words: str) -> dict[str, Any]:
    """The applications that the words find; without words the recent ones, and the others where they are few."""
    applications = TrustedApplication.objects.open_to(user).order_by("name", "id")
    words = "" if holds_token(words) else words.replace("\0", "").strip()
    if words:
        applications = applications.filter(contains_text("name", words) | contains_text("application_uri", words))
    recent = [] if words else recent_applications(user, applications)
    found = list(applications.exclude(pk__in=[one.pk for one in recent])[: MOST_OFFERED + 1])
    has_more = len(found) > MOST_OFFERED
    if words:
        return {
            "recent": [],
            "found": found[:MOST_OFFERED],
            "said": status(len(found[:MOST_OFFERED]), has_more=has_more),
        }
    # Of many, the first ones by name are no likelier choices than the others.
    text = _("Enter a part of the name or URI.") if has_more else ""
    return {"recent": recent, "found": [] if has_more else found, "said": text}


def recent_applications(user: User, applications: QuerySet[TrustedApplication]) -> list[TrustedApplication]:
    """Those of the applications for which the person has issued a token last."""
    tokens = ReferenceToken.objects.held_by(user).order_by("-issued_at", "-id")
    ids = dict.fromkeys(tokens.values_list("application_id", flat=True)[:LATEST_TOKENS])
    by_id = applications.in_bulk(list(ids))
    return [by_id[one] for one in ids if one in by_id][:MOST_RECENT]
