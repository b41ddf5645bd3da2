"""Deactivating, reactivating and deleting a user, and what becomes of their tokens (TOK-11)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.forms.fingerprints import SetChanged
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people.administrators import LastAdministrator
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.questions import SEEN, done
from instance_manager.users.directory import user_or_404
from instance_manager.users.offboarding_questions import deactivation_question, deletion_question, reactivation_question
from reference_tokens.lifecycle.offboarding import deactivate_with_tokens, delete_with_tokens, reactivate_with_tokens

if TYPE_CHECKING:
    pass


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
    return done(
        request, reverse("manage:user_list") if user == request.user else user_url(user.pk), " ".join(said), ended=user
    )


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
    return done(request, reverse("manage:user_list"), " ".join(said), ended=user)


def revoked_text(count: int) -> str:
    """How many tokens were revoked."""
    return ngettext("%(count)d token was revoked.", "%(count)d tokens were revoked.", count) % {"count": count}
