"""The start page of the Instance Manager."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.decorators import administrator_required
from accounts.http import SignedInRequest
from instance_manager.pages import page
from reference_tokens.capped_count import count_label
from reference_tokens.models import ReferenceToken, ResourceServer
from reference_tokens.token_rows import EXPIRES_SOON
from trusted_apps.models import TrustedApplication

APPLICATIONS_URL = "/manage/security/trusted-apps/"
RESOURCE_SERVERS_URL = "/manage/security/resource-servers/"


@require_safe
@administrator_required
def home(request: SignedInRequest) -> HttpResponse:
    """What there is in this instance, and where it is looked after."""
    now = timezone.now()
    tokens = ReferenceToken.objects.not_ended(now)
    applications = TrustedApplication.objects.count()
    disabled = TrustedApplication.objects.filter(is_enabled=False).count()
    servers = ResourceServer.objects.count()
    tiles: list[dict[str, Any]] = [
        {
            "label": _("Trusted Apps"),
            "value": counted(ngettext("%(count)s application", "%(count)s applications", applications), applications),
            "text": counted(ngettext("%(count)s is disabled", "%(count)s are disabled", disabled), disabled),
            "url": APPLICATIONS_URL,
            "icon": "apps",
        },
        {
            "label": _("Issued and not ended"),
            "value": count_label(tokens),
            "text": _("%(tokens)s with an end within 7 days")
            % {"tokens": count_label(tokens.filter(expires_at__lte=now + EXPIRES_SOON))},
            "url": APPLICATIONS_URL,
            "icon": "key",
        },
        {
            "label": _("Who asks about tokens"),
            "value": counted(ngettext("%(count)s Resource Server", "%(count)s Resource Servers", servers), servers),
            "text": _("Their applications and secrets"),
            "url": RESOURCE_SERVERS_URL,
            "icon": "server",
        },
    ]
    return page(request, "instance_manager/home.html", {"tiles": tiles})


def counted(text: str, count: int) -> str:
    """The text with its number."""
    return text % {"count": number_format(count, force_grouping=True)}
