"""Trusted Apps: the list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Count, Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.decorators import administrator_required
from accounts.folding import holds
from accounts.free_text import WordField
from accounts.http import SignedInRequest
from instance_manager.applications import LIST_URL, detail_url
from instance_manager.pages import page
from instance_manager.wording import POLICY_TONES
from reference_tokens.models import ReferenceToken
from reference_tokens.token_in_search import without_token_in_search
from reference_tokens.token_rows import ListedScope
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

PAGE_SIZE = 50


class SearchForm(forms.Form):
    """Finds applications by what they are called."""

    q = WordField(
        label=gettext_lazy("Name or URI"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
    )


@require_safe
@administrator_required
@without_token_in_search
def application_list(request: SignedInRequest) -> HttpResponse:
    """Every application by name, fifty a page, and how many live tokens each has."""
    # PostgreSQL takes no NUL, and no name has one.
    words = request.GET.get("q", "").replace("\0", "").strip()
    matching = TrustedApplication.objects.all()
    if words:
        matching = matching.filter(holds("name", words) | holds("application_uri", words))
    found = list(after(matching, request.GET.get("after", "")).order_by("name", "id")[: PAGE_SIZE + 1])
    shown, count = found[:PAGE_SIZE], matching.count()
    context = {
        "applications": rows(shown),
        "count_label": ngettext("%(count)s application", "%(count)s applications", count)
        % {"count": number_format(count, force_grouping=True)},
        "create": {"url": f"{LIST_URL}new/", "label": _("Register application")},
        "filters": SearchForm({"q": words}) if words or count > PAGE_SIZE else None,
        "is_filtered": bool(words),
        "clear_url": LIST_URL,
        "page": {
            "newer_url": "?" + urlencode({"q": words}) if "after" in request.GET else "",
            "older_url": "?" + urlencode({"q": words, "after": shown[-1].pk}) if len(found) > PAGE_SIZE else "",
            "newer_label": _("First page"),
            "older_label": _("Next page"),
        },
        "empty": {
            "title": _("No applications yet"),
            "text": _("Register the programs that call your APIs, and say who may issue tokens for each."),
        },
    }
    return page(request, "instance_manager/application_list.html", context)


def after(applications: Any, application_id: str) -> Any:
    """The applications that stand behind this one in the list; all where there is none of that id."""
    try:
        place = TrustedApplication.objects.filter(pk=application_id).values_list("name", "pk").first()
    except (forms.ValidationError, ValueError):
        place = None
    if place is None:
        return applications
    name, pk = place
    return applications.filter(Q(name__gt=name) | Q(name=name, id__gt=pk))


def rows(applications: list[TrustedApplication]) -> list[dict[str, Any]]:
    """The applications as the list shows them."""
    ids = [application.pk for application in applications]
    tokens = ReferenceToken.objects.not_ended(timezone.now()).filter(application__in=ids)
    live = dict(tokens.order_by().values_list("application").annotate(count=Count("pk")))
    names = dict(TrustedApplication.objects.filter(pk__in=ids).values_list("pk", "system_user__username"))
    return [
        {
            "name": application.name,
            "application_uri": application.application_uri,
            "url": detail_url(application.pk),
            "policy_label": str(application.access_tokens_policy),
            "policy_tone": POLICY_TONES[AccessTokensPolicy(application.access_tokens_policy)],
            "scopes": [ListedScope(name, is_effective=True) for name in application.scopes],
            "system_user_name": names[application.pk],
            "is_enabled": application.is_enabled,
            "live_tokens": number_format(live.get(application.pk, 0), force_grouping=True),
        }
        for application in applications
    ]
