"""The start page of the Instance Manager."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.decorators import administrator_required
from accounts.http import SignedInRequest
from instance_manager.pages import page
from reference_tokens.inventory import count_label
from reference_tokens.models import ReferenceToken
from trusted_apps.models import TrustedApplication

APPLICATIONS_URL = "/manage/security/trusted-apps/"


@require_safe
@administrator_required
def home(request: SignedInRequest) -> HttpResponse:
    """How many applications and live tokens there are."""
    tokens = ReferenceToken.objects.not_ended(timezone.now())
    tiles: list[dict[str, Any]] = [
        {
            "label": _("Trusted Apps"),
            "value": number_format(TrustedApplication.objects.count(), force_grouping=True),
            "text": _("Who may issue tokens for each, and the tokens they have"),
            "url": APPLICATIONS_URL,
            "icon": "apps",
        },
        {
            "label": _("issued and not ended"),
            "value": count_label(tokens),
            "text": _("On the page of each application"),
            "url": APPLICATIONS_URL,
            "icon": "key",
        },
    ]
    return page(request, "instance_manager/home.html", {"tiles": tiles})
