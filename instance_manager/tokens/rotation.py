"""Rotating the tokens of an application, and ending any old value that lives on (TOK-10)."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of, moved_to, wants_partial
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import application_url
from instance_manager.pages import page
from instance_manager.tokens.lists import LINKS, list_behind
from instance_manager.tokens.pages import create_page
from reference_tokens.lifecycle.rotation import end_old_value
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.dialogs import question_urls
from reference_tokens.pages.rotation import end_question, ended_message, rotation_step, with_its_dialogs


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
@vary_on_headers("HX-Request")
@sensitive_variables("step", "context")
def token_rotate(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ask how to rotate a SAT, do it, and show the new value this once. A PAT only its holder rotates."""
    now = timezone.now()
    sats = ReferenceToken.objects.filter(kind=ReferenceToken.Kind.SAT)
    token = get_object_or_404(with_its_dialogs(sats), pk=token_id)
    list_url = application_url(token.application_id)
    urls = question_urls(request, LINKS, token.pk, list_url=list_url)
    actor = actor_of(request, Source.MANAGE)
    step = rotation_step(request, token, actor=actor, urls=urls, now=now)
    context = step.context | (list_behind(request, token.application, now, step.new_id) if step.new_id else {})
    return create_page(request, step.body, context, status=step.status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@vary_on_headers("HX-Request")
def token_end(request: SignedInRequest, replaced_id: uuid.UUID) -> HttpResponse:
    """Ask whether to end an old value, anybody's, or do it."""
    now = timezone.now()
    old = get_object_or_404(with_its_dialogs(ReferenceToken.objects.filter(replaced_by__isnull=False)), pk=replaced_id)
    list_url = application_url(old.application_id)
    urls = question_urls(request, LINKS, old.pk, list_url=list_url)
    if request.method != "POST":
        template = "partials/token_question.html" if wants_partial(request) else "instance_manager/token_question.html"
        return page(request, template, end_question(old, now) | urls)
    end_old_value(actor=actor_of(request, Source.MANAGE), old=old, now=now)
    text = ended_message(old)
    if wants_partial(request) and urls["cancel_url"] == list_url:
        context = list_behind(request, old.application, now) | {"toast": text}
        return page(request, "partials/token_list_changed.html", context)
    messages.success(request, text)
    return moved_to(request, urls["cancel_url"])
