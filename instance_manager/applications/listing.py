"""Trusted Apps: the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.database.replica import read_from_replica
from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import application_url
from instance_manager.applications.policy_words import POLICY_TONES
from instance_manager.pages import MANAGE
from instance_manager.searchable_lists import chosen_state, searchable_list
from instance_manager.users.directory import user_in_query
from reference_tokens.lists.application_states import ApplicationState, applications_in_state
from reference_tokens.lists.live_counts import live_tokens_of_applications
from reference_tokens.lists.rows import ListedScope
from reference_tokens.lists.search import without_token_in_search
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

if TYPE_CHECKING:
    from datetime import datetime

# The parameters that narrow the list to the applications of a user, and its title then.
OF_USER = {
    "owner": ("owners", gettext_lazy("Owned by %(name)s")),
    "system_user": ("system_user", gettext_lazy("Used by %(name)s")),
}


@require_safe
@administrator_required
@without_token_in_search
def application_list(request: SignedInRequest) -> HttpResponse:
    """Every application by name, fifty a page, and how many live tokens each has."""
    now, narrowed_to = timezone.now(), ""
    narrowed = chosen_state(ApplicationState, request.GET)
    applications = applications_in_state(narrowed.get("state", ""), now)
    for parameter, (column, text) in OF_USER.items():
        if user := user_in_query(request.GET, parameter):
            applications = applications.filter(**{column: user})
            narrowed[parameter] = str(user.pk)
            narrowed_to = str(text) % {"name": user.name_beside_others}
    listed = searchable_list(
        applications,
        request.GET,
        label=_("Name or URI"),
        columns=("name", "application_uri"),
        url=reverse("manage:application_list"),
        narrowed=narrowed,
        states=ApplicationState,
    )
    count = listed.total
    is_whole = not listed.context["is_filtered"] and "after" not in request.GET
    context = {
        **listed.context,
        "narrowed_to": narrowed_to,
        "applications": read_from_replica(lambda: application_rows(listed.shown, now)),
        "count_label": ngettext("%(count)s application", "%(count)s applications", count.plural) % {"count": count},
        "create": {"url": reverse("manage:application_create"), "label": _("Register application")},
        # What is built in is no reason not to say what to do first.
        "has_none_of_its_own": is_whole and all(application.is_built_in for application in listed.shown),
        "empty": {
            "title": _("No applications of your own yet"),
            "text": _("Register the programs that call your APIs, and choose a policy for each."),
        },
    }
    return MANAGE.page(request, "instance_manager/application_list.html", context)


def application_rows(applications: list[TrustedApplication], now: datetime) -> list[dict[str, Any]]:
    """The applications that there still are, as the list shows them."""
    ids = [application.pk for application in applications]
    live = live_tokens_of_applications(ids, now)
    names = dict(TrustedApplication.objects.filter(pk__in=ids).values_list("pk", "system_user__username"))
    return [
        {
            "name": application.name,
            "application_uri": application.application_uri,
            "url": application_url(application.pk),
            "policy_label": str(application.access_tokens_policy),
            "policy_tone": POLICY_TONES[AccessTokensPolicy(application.access_tokens_policy)],
            "scopes": [ListedScope(name, is_effective=True) for name in application.scopes],
            "system_user_name": names[application.pk],
            "is_enabled": application.is_enabled,
            "live_tokens": str(live[application.pk]),
        }
        for application in applications
        if application.pk in names
    ]
