"""What every instance has from the beginning: the Trusted Application of the management API, and its scopes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

MANAGEMENT_API_URI = "reference-tokens/api"


class ManagementScope(models.TextChoices):
    """What a token for the management API may do (contract 5)."""

    SELF_READ = "self:read", _("See one's own tokens")
    SELF_WRITE = "self:write", _("Rename, rotate and revoke one's own tokens")
    INSTANCE_READ = "instance:read", _("See all that the Instance Manager shows")
    INSTANCE_WRITE = "instance:write", _("Do all that the Instance Manager can do")
