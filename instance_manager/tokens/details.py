"""The page of any token."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from instance_manager.addresses import application_url
from instance_manager.pages import page
from instance_manager.tokens.lists import INVENTORY_LINKS
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.details import actions_of, details, with_everything


@require_safe
@administrator_required
@vary_on_headers("HX-Request")
def token_detail(request: SignedInRequest, token_id: uuid.UUID) -> HttpResponse:
    """A token, anybody's: everything recorded, its chain, its use and its events."""
    now = timezone.now()
    token = get_object_or_404(with_everything(ReferenceToken.objects.all()), pk=token_id)
    list_url = application_url(token.application_id)
    # Nobody issues a PAT for somebody else.
    form_url = "" if token.holder else reverse("manage:token_create", args=[token.application_id])
    head = {
        "back_url": list_url,
        "back_label": token.application.name,
        "actions": actions_of(token, now, INVENTORY_LINKS, form_url=form_url),
    }
    return page(request, "instance_manager/token_detail.html", details(token, request.GET, now, INVENTORY_LINKS) | head)
