"""Rotating one's own tokens, and ending old values that live on (TOK-10)."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of, moved_to, wants_partial
from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from profile_site.pages import page
from profile_site.tokens import LINKS, create_page, list_context
from reference_tokens.lifecycle.rotation import end_old_value
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.dialogs import question_urls
from reference_tokens.pages.rotation import end_question, ended_message, rotation_step, with_its_dialogs


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
@sensitive_variables("step", "context")
def token_rotate(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask how to rotate one of the person's own tokens, do it, and show the new value this once."""
    now = timezone.now()
    token = get_object_or_404(with_its_dialogs(ReferenceToken.objects.held_by(request.user)), pk=token_id)
    actor = actor_of(request, Source.PROFILE)
    urls = question_urls(request, LINKS, token.pk, list_url=reverse("profile:token_list"))
    step = rotation_step(request, token, actor=actor, urls=urls, now=now)
    context = step.context | (list_context(request, now, step.new_id) if step.new_id else {})
    return create_page(request, step.body, context, status=step.status)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@vary_on_headers("HX-Request")
def token_end(request: SignedInRequest, replaced_id: uuid.UUID) -> HttpResponse:
    """Ask whether to end an old value of one of the person's own tokens, or do it."""
    now = timezone.now()
    replaced = ReferenceToken.objects.held_by(request.user).filter(replaced_by__isnull=False)
    old = get_object_or_404(with_its_dialogs(replaced), pk=replaced_id)
    urls = question_urls(request, LINKS, old.pk, list_url=reverse("profile:token_list"))
    if request.method != "POST":
        template = "partials/token_question.html" if wants_partial(request) else "profile_site/token_question.html"
        return page(request, template, end_question(old, now) | urls)
    end_old_value(actor=actor_of(request, Source.PROFILE), old=old, now=now)
    text = ended_message(old)
    if wants_partial(request) and urls["cancel_url"] == reverse("profile:token_list"):
        return page(request, "partials/token_list_changed.html", list_context(request, now) | {"toast": text})
    messages.success(request, text)
    return moved_to(request, urls["cancel_url"])
