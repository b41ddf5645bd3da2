"""Deactivating, reactivating and deleting a user, with their tokens (TOK-11)."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.fingerprints import SetChanged
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people.administrators import LastAdministrator
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.fingerprinted_questions import SEEN
from instance_manager.pages import MANAGE
from instance_manager.users.directory import user_or_404
from instance_manager.users.offboarding_questions import ask_to_deactivate, ask_to_delete, ask_to_reactivate
from instance_manager.users.own_session import tell_sessions_ended
from reference_tokens.lifecycle.offboarding import deactivate_with_tokens, delete_with_tokens, reactivate_with_tokens


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def user_deactivate(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to deactivate a user and to revoke their PATs as well, or do it."""
    user, now = user_or_404(user_id), timezone.now()
    if request.method != "POST":
        return ask_to_deactivate(request, user, now)
    actor, shown, revokes_tokens = actor_of(request, Source.MANAGE), request.POST.get(SEEN), "revoke" in request.POST
    try:
        revoked = deactivate_with_tokens(actor=actor, user=user, now=now, revokes_tokens=revokes_tokens, shown=shown)
    except SetChanged:
        return ask_to_deactivate(request, user, now, shown=shown)
    except LastAdministrator as refused:
        return ask_to_deactivate(request, user, now, error=str(refused), status=422)
    url = reverse("manage:user_list") if user == request.user else user_url(user.pk)
    text = _("%(name)s is inactive.") % {"name": user.name_beside_others}
    return tell_sessions_ended(request, with_revoked(text, revoked), user=user, url=url)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def user_reactivate(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to reactivate a user, or do it."""
    user, now = user_or_404(user_id), timezone.now()
    if request.method != "POST":
        return ask_to_reactivate(request, user, now)
    shown = request.POST.get(SEEN)
    try:
        reactivate_with_tokens(actor=actor_of(request, Source.MANAGE), user=user, now=now, shown=shown)
    except SetChanged:
        return ask_to_reactivate(request, user, now, shown=shown)
    return MANAGE.tell(request, _("%(name)s is active.") % {"name": user.name_beside_others}, url=user_url(user.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def user_delete(request: SignedInRequest, user_id: uuid.UUID) -> HttpResponse:
    """Ask whether to delete a person, or do it; a second sending gets the same answer."""
    user, now = get_object_or_404(User, pk=user_id, kind=User.Kind.PERSON), timezone.now()
    if request.method != "POST":
        return ask_to_delete(request, user, now)
    username, shown = user.username, request.POST.get(SEEN)
    try:
        revoked = delete_with_tokens(actor=actor_of(request, Source.MANAGE), user=user, now=now, shown=shown)
    except SetChanged:
        return ask_to_delete(request, user, now, shown=shown)
    except LastAdministrator as refused:
        return ask_to_delete(request, user, now, error=str(refused), status=422)
    was_there = revoked is not None
    text = _("%(username)s was deleted.") % {"username": username} if was_there else _("This user is deleted.")
    return tell_sessions_ended(request, with_revoked(text, revoked), user=user, url=reverse("manage:user_list"))


def with_revoked(text: str, count: int | None) -> str:
    """The text, followed by how many tokens were revoked, if any were."""
    if not count:
        return text
    revoked = ngettext("%(count)d token was revoked.", "%(count)d tokens were revoked.", count)
    return f"{text} {revoked % {'count': count}}"
