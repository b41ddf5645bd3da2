"""The lists of tokens in the Instance Manager: of an application, of a user, and of the whole instance."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.urls import Resolver404, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from instance_manager.pages import MANAGE
from reference_tokens.lists.filtering.counts import CountedChoice, counted_choices
from reference_tokens.lists.filtering.form import TokenFilterForm
from reference_tokens.lists.filtering.offered import Offered, OfferedApplication, offered
from reference_tokens.lists.links import TokenLinks
from reference_tokens.lists.section import list_section
from reference_tokens.lists.table.columns import APPLICATION, HOLDER, KIND
from reference_tokens.lists.table.many_bar import many_bar
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.help.links import help_url
from reference_tokens.pages.saved_filters import saved_filters, saved_rows
from trusted_apps.models import TrustedApplication
from trusted_apps.policy import Obstacle, obstacle_to_sat

if TYPE_CHECKING:
    from datetime import datetime


INVENTORY_FILTERS = ("kind", "application", "owner", "group", "server", "scope")
APPLICATION_FILTERS = ("kind", "owner", "scope")
USER_FILTERS = ("application", "scope")
LINKS = TokenLinks(
    rename="manage:token_rename",
    detail="manage:token_detail",
    revoke="manage:token_revoke",
    rotate="manage:token_rotate",
    rotates=ReferenceToken.Kind.SAT,
    end="manage:token_end",
    suspend="manage:token_suspend",
    resume="manage:token_resume",
    user="manage:user_detail",
    log="manage:audit_log",
)
# The pages that ask about acts on many.
MANY_PAGES = {
    "revoke": "manage:tokens_revoke",
    "suspend": "manage:tokens_suspend",
    "resume": "manage:tokens_resume",
    "shorten": "manage:tokens_shorten",
}
INVENTORY_LINKS = replace(LINKS, application="manage:application_detail")

# The link beside a disabled "Create application token" (POL-4) leads to where the condition is changed.
WHERE_TO_CHANGE: dict[Obstacle, Promise] = {
    Obstacle.APPLICATION_DISABLED: gettext_lazy("Enable the application"),
    Obstacle.POLICY_NONE: gettext_lazy("Change the policy"),
    Obstacle.NO_SYSTEM_USER: gettext_lazy("Choose a System User"),
    Obstacle.SYSTEM_USER_INACTIVE: gettext_lazy("Choose another System User"),
}


def creation_url(application_id: uuid.UUID) -> str:
    """The form that creates a token of an application."""
    return reverse("manage:token_create", args=[application_id])


def application_section(
    application: TrustedApplication, query: Mapping[str, str], now: datetime, new_id: uuid.UUID | None = None
) -> dict[str, Any]:
    """The list of an application's tokens, on its page."""
    only = OfferedApplication(application.pk, application.name, application.scopes, application.application_uri)
    return {
        "list_label": _("Application access tokens"),
        "create": {"url": creation_url(application.pk), "label": _("Create application token")}
        | obstacle_to_creating(application),
        "empty": {
            "title": _("No tokens yet"),
            "text": _("Create one for a program that runs unattended: it acts as the application's System User."),
        },
        "counts_url": reverse("manage:application_token_counts", args=[application.pk]),
        **list_section(
            ReferenceToken.objects.of(application),
            query,
            now,
            LINKS,
            new_id,
            filters=APPLICATION_FILTERS,
            without=[APPLICATION],
            applications=Offered([only]),
        ),
    }


def application_counts(application: TrustedApplication, query: Mapping[str, str], now: datetime) -> list[CountedChoice]:
    """How many of an application's tokens each choice of the filters of their list finds."""
    form = TokenFilterForm(query, names=APPLICATION_FILTERS, offered=Offered([]))
    return counted_choices(ReferenceToken.objects.of(application), form, now)


def inventory_section(
    reader: User, query: Mapping[str, str], now: datetime, new_id: uuid.UUID | None = None
) -> dict[str, Any]:
    """The list of every token of the instance, with the filters that its reader has saved."""
    tokens = ReferenceToken.objects.all()
    section = list_section(
        tokens,
        query,
        now,
        INVENTORY_LINKS,
        new_id,
        filters=INVENTORY_FILTERS,
        applications=every_application(query),
    )
    text = _("Personal and service access tokens of this instance appear here.")
    empty = {"title": _("No tokens yet"), "text": text}
    return {
        "list_label": _("Tokens"),
        "empty": empty,
        "many": many_bar(section, **MANY_PAGES),
        "counts_url": reverse("manage:token_counts"),
        **saved_filters(MANAGE, saved_rows(reader, MANAGE), section["filters"].filters),
        **section,
    }


def every_application(query: Mapping[str, str]) -> Offered:
    """The applications of the instance, for the filters of a list."""
    url = reverse("manage:choices_filter")
    return offered(TrustedApplication.objects.all(), query.get("application", ""), url)


def inventory_filter_form(query: Mapping[str, str]) -> TokenFilterForm:
    """The filters that an address sets in the list of every token."""
    return TokenFilterForm(query, names=INVENTORY_FILTERS, offered=Offered([]))


def user_section(
    user: User, query: Mapping[str, str], now: datetime, new_id: uuid.UUID | None = None
) -> dict[str, Any]:
    """The list of the tokens that act as a user, on their page."""
    text = (
        _("Tokens that this person issues appear here.")
        if user.is_person
        else _("Service access tokens of applications that use this System User appear here.")
    )
    tokens = ReferenceToken.objects.acting_as(user)
    return {
        "list_label": _("Tokens"),
        "empty": {"title": _("No tokens yet"), "text": text},
        "counts_url": reverse("manage:user_token_counts", args=[user.pk]),
        **list_section(
            tokens,
            query,
            now,
            INVENTORY_LINKS,
            new_id,
            filters=USER_FILTERS,
            without=[HOLDER, KIND],
            applications=every_application(query),
            is_of_one_owner=True,
        ),
    }


def user_counts(user: User, query: Mapping[str, str], now: datetime) -> list[CountedChoice]:
    """How many of the tokens that act as a user each choice of the filters of their list finds."""
    form = TokenFilterForm(query, names=USER_FILTERS, offered=Offered([]))
    return counted_choices(ReferenceToken.objects.acting_as(user), form, now, is_of_one_owner=True)


def user_of_page(path: str) -> User | None:
    """The user whose page has this address; None where it is no such page."""
    try:
        page = resolve(path)
    except Resolver404:
        return None
    return User.objects.filter(pk=page.kwargs["user_id"]).first() if page.view_name == "manage:user_detail" else None


def obstacle_to_creating(application: TrustedApplication) -> dict[str, str]:
    """Why no SAT can be issued for the application now, and where that is changed; nothing where one can (POL-4)."""
    obstacle = obstacle_to_sat(application, None)
    if obstacle is None:
        return {}
    return {
        "reason": str(obstacle.label),
        "reason_url": reverse("manage:application_edit", args=[application.pk]),
        "reason_link_label": str(WHERE_TO_CHANGE[obstacle]),
        "help_url": help_url("obstacle", obstacle),
    }
