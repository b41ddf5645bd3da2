"""What is to be looked after among applications: the states that their list can be narrowed to, and Home counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from reference_tokens.models import ReferenceToken
from trusted_apps.built_in import MANAGEMENT_API_URI
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


class ApplicationState(models.TextChoices):
    """The states of applications that a list can be narrowed to; of disabled ones nothing else is said."""

    NO_OWNER = "no-owner", _("Without an active owner")
    NO_SYSTEM_USER = "no-system-user", _("System User missing or inactive")
    DISABLED = "disabled", _("Disabled")


def applications_in_state(state: str, now: datetime) -> QuerySet[TrustedApplication]:
    """The applications in this state; all of them where it is empty or unknown."""
    applications = TrustedApplication.objects.all()
    if state == ApplicationState.NO_OWNER:
        owners = User.objects.filter(owned_applications=OuterRef("pk"), is_active=True, deleted_at=None)
        # The management API that nobody has opened needs no owner yet.
        unopened = Q(application_uri=MANAGEMENT_API_URI, access_tokens_policy=AccessTokensPolicy.NONE)
        return applications.filter(~Exists(owners), ~unopened, is_enabled=True)
    if state == ApplicationState.NO_SYSTEM_USER:
        # Without one an application may well be: it is missing where live SATs have nobody to act as.
        sats = ReferenceToken.objects.not_ended(now).filter(application=OuterRef("pk"), holder=None)
        is_missing = Q(system_user=None) & Exists(sats)
        return applications.filter(Q(system_user__is_active=False) | is_missing, is_enabled=True)
    if state == ApplicationState.DISABLED:
        return applications.filter(is_enabled=False)
    return applications
