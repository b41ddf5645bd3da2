"""Deactivating, reactivating and deleting a user, and what becomes of their tokens (TOK-11)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.forms.carried_over import typed_into
from accounts.forms.shown import SetChanged
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people.administrators import LastAdministrator
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.some_names import MOST_NAMED, some_of
from instance_manager.questions import SEEN, as_shown, done, question
from instance_manager.tokens.lists import USERS_URL
from instance_manager.users.forms import DeactivationForm
from instance_manager.users.listing import user_url
from instance_manager.users.pages import user_or_404
from reference_tokens.lifecycle.offboarding import (
    acting_tokens_stamp,
    deactivate_with_tokens,
    delete_with_tokens,
    live_tokens_by_application,
    reactivate_with_tokens,
)

if TYPE_CHECKING:
    from datetime import datetime

# What becomes of the tokens that act as a user, above how many there are for each application.
THAT_STOP = ngettext_lazy(
    "%(count)d access token stops working at once:",
    "%(count)d access tokens stop working at once:",
    "count",
)
THAT_COME_BACK = ngettext_lazy(
    "%(count)d access token was not revoked and is good again at once:",
    "%(count)d access tokens were not revoked and are good again at once:",
    "count",
)
THAT_ARE_REVOKED = ngettext_lazy(
    "%(count)d access token is revoked, and what uses it fails at once:",
    "%(count)d access tokens are revoked, and what uses them fails at once:",
    "count",
)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def user_deactivate(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to deactivate a user and to revoke their PATs as well, or do it."""
    user, now = user_or_404(user_id), timezone.now()
    if request.method != "POST":
        return deactivation_question(request, user, now)
    revokes_tokens, shown = "revoke" in request.POST, request.POST.get(SEEN)
    actor = actor_of(request, Source.MANAGE)
    try:
        revoked = deactivate_with_tokens(actor=actor, user=user, now=now, revokes_tokens=revokes_tokens, shown=shown)
    except SetChanged:
        return deactivation_question(request, user, now, shown=shown)
    except LastAdministrator as refused:
        return deactivation_question(request, user, now, error=str(refused), status=422)
    said = [_("%(name)s is inactive.") % {"name": user.name_beside_others}]
    if revoked:
        said.append(revoked_text(revoked))
    return done(request, USERS_URL if user == request.user else user_url(user.pk), " ".join(said), ended=user)


def deactivation_question(
    request: SignedInRequest, user: User, now: datetime, *, shown: str | None = None, **context: Any
) -> HttpResponse:
    """Ask before a user is deactivated, and say what stops; anew where it is not what was shown."""
    seen, tokens = acting_tokens_stamp(user, now), live_tokens_by_application(user, now)
    form = DeactivationForm(request.POST or None, initial=typed_into(request, DeactivationForm))
    return question(
        request,
        heading=heading(request, user, _("Deactivate yourself?"), _("Deactivate %(name)s?")),
        lines=what_stops(user, is_self=user == request.user),
        counts_text=counted(THAT_STOP, tokens),
        counts=most_of(tokens),
        form=form if tokens and user.is_person else None,
        submit_label=_("Deactivate"),
        keep_label=_("Keep active"),
        is_dangerous=True,
        cancel_url=user_url(user.pk),
        **as_shown(seen, shown, tokens_changed()) | context,
    )


def what_stops(user: User, *, is_self: bool) -> list[str]:
    """What ends with a user who is inactive."""
    if is_self:
        return [_("You are signed out at once, and come back only when another administrator reactivates you.")]
    if user.is_person:
        return [
            _("They are signed out at once and cannot sign in."),
            _("Service access tokens that they created keep working: those act as the System User."),
        ]
    return [used_by(user), _("Nothing that acts as it is good until it is reactivated.")]


def used_by(user: User) -> str:
    """Which applications use a System User."""
    applications = user.applications.order_by("name")
    names = list(applications.values_list("name", flat=True)[:MOST_NAMED])
    if not names:
        return _("No application uses this System User.")
    named = some_of(names, applications.count())
    return _("These applications use this System User: %(names)s.") % {"names": named}


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def user_reactivate(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to let a user be active again, or do it."""
    user, now = user_or_404(user_id), timezone.now()
    if request.method != "POST":
        return reactivation_question(request, user, now)
    shown = request.POST.get(SEEN)
    try:
        reactivate_with_tokens(actor=actor_of(request, Source.MANAGE), user=user, now=now, shown=shown)
    except SetChanged:
        return reactivation_question(request, user, now, shown=shown)
    return done(request, user_url(user.pk), _("%(name)s is active.") % {"name": user.name_beside_others})


def reactivation_question(
    request: SignedInRequest, user: User, now: datetime, *, shown: str | None = None
) -> HttpResponse:
    """Ask before a user is active again, and say what comes back; anew where it is not what was shown."""
    seen, tokens = acting_tokens_stamp(user, now), live_tokens_by_application(user, now)
    return question(
        request,
        heading=_("Reactivate %(name)s?") % {"name": user.name_beside_others},
        lines=[what_comes_back(user)],
        counts_text=counted(THAT_COME_BACK, tokens),
        counts=most_of(tokens),
        submit_label=_("Reactivate"),
        keep_label=_("Keep inactive"),
        cancel_url=user_url(user.pk),
        **as_shown(seen, shown, tokens_changed()),
    )


def what_comes_back(user: User) -> str:
    """What begins again with a user who is active again."""
    if user.is_person:
        return _("They can sign in again, with the rights they had.")
    return used_by(user)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
def user_delete(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to forget who a person was, or do it; sent twice, it says the same."""
    user, now = get_object_or_404(User, pk=user_id, kind=User.Kind.PERSON), timezone.now()
    if request.method != "POST":
        return deletion_question(request, user, now)
    username, shown = user.username, request.POST.get(SEEN)
    try:
        revoked = delete_with_tokens(actor=actor_of(request, Source.MANAGE), user=user, now=now, shown=shown)
    except SetChanged:
        return deletion_question(request, user, now, shown=shown)
    except LastAdministrator as refused:
        return deletion_question(request, user, now, error=str(refused), status=422)
    said = (
        [_("%(username)s was deleted.") % {"username": username}]
        if revoked is not None
        else [_("This user is deleted.")]
    )
    if revoked:
        said.append(revoked_text(revoked))
    return done(request, USERS_URL, " ".join(said), ended=user)


def deletion_question(
    request: SignedInRequest, user: User, now: datetime, *, shown: str | None = None, **context: Any
) -> HttpResponse:
    """Ask before a person is deleted, and say what is left; anew where they have other tokens than were shown."""
    seen, tokens = acting_tokens_stamp(user, now), live_tokens_by_application(user, now)
    return question(
        request,
        heading=heading(request, user, _("Delete yourself?"), _("Delete %(name)s?")),
        lines=[
            _("Name, e-mail address, password, second factors and sessions are deleted. This cannot be undone."),
            _("What they did stays in the audit log, under an id. The user name is never given to anybody again."),
        ],
        counts_text=counted(THAT_ARE_REVOKED, tokens),
        counts=most_of(tokens),
        submit_label=_("Delete user"),
        keep_label=_("Keep user"),
        is_dangerous=True,
        cancel_url=user_url(user.pk),
        **as_shown(seen, shown, tokens_changed()) | context,
    )


def heading(request: SignedInRequest, user: User, for_self: str, for_others: str) -> str:
    """What is asked, of oneself or of somebody else."""
    return for_self if user == request.user else for_others % {"name": user.name_beside_others}


def tokens_changed() -> str:
    """What is said where other tokens act as a user than those that were shown."""
    return _("Nothing was done: other access tokens act as this user than when you were asked.")


def counted(text: Any, tokens: list[tuple[str, int]]) -> str:
    """What happens to so many tokens; nothing where there are none."""
    return str(text % {"count": sum(number for _name, number in tokens)}) if tokens else ""


def most_of(tokens: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The applications with the most tokens, and all others as one."""
    rest = sum(number for _name, number in tokens[MOST_NAMED:])
    return [*tokens[:MOST_NAMED], (_("Other applications"), rest)] if rest else tokens


def revoked_text(count: int) -> str:
    """How many tokens were revoked."""
    return ngettext("%(count)d token was revoked.", "%(count)d tokens were revoked.", count) % {"count": count}
