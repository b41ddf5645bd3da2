"""Users: the list of people and System Users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.database.replica import read_from_replica
from accounts.http import SignedInRequest
from accounts.models import User
from accounts.people.directory import everybody, find_users
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import user_url
from instance_manager.pages import MANAGE
from instance_manager.users.directory import users_after
from instance_manager.users.forms import UserFilterForm
from reference_tokens.lists.capped_count import CappedCount, count_of_list
from reference_tokens.lists.in_time import rows_in_time
from reference_tokens.lists.live_counts import live_tokens_of_users
from reference_tokens.lists.rows import Badge
from reference_tokens.lists.search import without_token_in_search

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

USER_FILTERS = ("q", "kind", "state")


@require_safe
@administrator_required
@without_token_in_search
def user_list(request: SignedInRequest) -> HttpResponse:
    """People and System Users by user name, fifty a page."""
    chosen = chosen_filters(request.GET)
    users = find_users(
        everybody(), words=chosen.get("q", ""), kind=chosen.get("kind", ""), state=chosen.get("state", "")
    )
    context = {
        **user_table(users, request.GET, chosen),
        "filters": UserFilterForm(chosen),
        "is_filtered": bool(chosen),
        "clear_url": reverse("manage:user_list"),
        "create": {"url": reverse("manage:user_invite"), "label": _("Invite User")},
        "create_system_user_url": reverse("manage:system_user_create"),
    }
    return MANAGE.page(request, "instance_manager/user_list.html", context)


def chosen_filters(query: Mapping[str, str]) -> dict[str, str]:
    """The filters that the address sets, without NUL: PostgreSQL takes none, and no name has one."""
    given = {name: query.get(name, "").replace("\0", "").strip() for name in USER_FILTERS}
    return {name: value for name, value in given.items() if value}


def user_table(users: QuerySet[User], query: Mapping[str, str], chosen: dict[str, str]) -> dict[str, Any]:
    """The page of these users that the address asks for; its links keep the chosen filters."""
    now, after = timezone.now(), query.get("after", "")

    def rows_and_count() -> tuple[tuple[list[User], bool] | None, CappedCount]:
        read = rows_in_time(lambda: users_after(users, after))
        shown, has_more = read or ([], False)
        return read, count_of_list(users, read and shown, is_all=not (after or has_more))

    read, count = read_from_replica(rows_and_count)
    shown, has_more = read or ([], False)
    following = {"after": str(shown[-1].pk)} if has_more else {}
    return {
        "users": user_rows(shown, now),
        "count_label": user_count_label(count),
        "takes_too_long": "" if read else _("Search for other words, or choose a kind or a state."),
        "page": {
            "newer_url": "?" + urlencode(chosen) if after else "",
            "older_url": "?" + urlencode(chosen | following) if following else "",
            "newer_label": _("First page"),
            "older_label": _("Next page"),
        },
    }


def user_count_label(count: CappedCount) -> str:
    """The number of users, as a list says it."""
    return ngettext("%(count)s user", "%(count)s users", count.plural) % {"count": count}


def user_rows(users: list[User], now: datetime) -> list[dict[str, Any]]:
    """The users as lists show them."""
    live = live_tokens_of_users([user.pk for user in users], now)
    return [
        {
            "id": user.pk,
            "name": user.display_name,
            "username": user.username,
            "url": user_url(user.pk),
            "email": user.email,
            "badges": user_badges(user, now),
            "is_person": user.is_person,
            "last_login": user.last_login,
            "live_tokens": str(live[user.pk]),
        }
        for user in users
    ]


def user_badges(user: Any, now: datetime) -> list[Badge]:
    """The badges of a user that `everybody` found."""
    found = []
    if user.deleted_at:
        return [Badge(_("Deleted"), "neutral")]
    if user.is_administrator:
        found.append(Badge(_("Administrator"), "accent"))
    if not user.is_person:
        found.append(Badge(_("System User"), "neutral"))
    if not user.is_active:
        return [*found, Badge(_("Inactive"), "bad")]
    if invitation := getattr(user, "invitation", None):
        is_expired = invitation.is_expired(now)
        return [*found, Badge(_("Invitation expired"), "warn") if is_expired else Badge(_("Invited"), "neutral")]
    if user.is_person and not user.has_second_factor:
        found.append(Badge(_("No second factor"), "warn" if user.is_administrator else "neutral"))
    return found
