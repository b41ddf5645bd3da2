"""The page of one of a person's own tokens."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import signed_in_required
from profile_site.pages import page
from profile_site.tokens import LINKS
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.details import actions_of, details, with_everything


@require_safe
@signed_in_required
@vary_on_headers("HX-Request")
def token_detail(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """One of the person's own PATs: everything recorded, its chain, its use and its events."""
    now = timezone.now()
    token = get_object_or_404(with_everything(ReferenceToken.objects.held_by(request.user)), pk=token_id)
    context = details(token, request.GET, now, LINKS, reader=request.user)
    head = {
        "back_url": reverse("profile:token_list"),
        "back_label": _("Tokens"),
        "actions": actions_of(token, now, LINKS, form_url=reverse("profile:token_create")),
    }
    return page(request, "profile_site/token_detail.html", context | head)
