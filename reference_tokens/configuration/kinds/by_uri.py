"""Finding Trusted Applications by the URIs that a file has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from collections.abc import Iterable


def named_applications(uris: Iterable[str], member: str) -> list[TrustedApplication]:
    """The applications of these URIs, in any case; raises `ValidationError` at the member for one that there is not."""
    names = {uri.lower(): uri for uri in uris}
    rows = TrustedApplication.objects.alias(lowered=Lower("application_uri")).filter(lowered__in=list(names))
    found = {application.application_uri.lower(): application for application in rows}
    if missing := [uri for lowered, uri in names.items() if lowered not in found]:
        text = _("There is no Trusted Application %(uris)s.")
        raise ValidationError({member: ValidationError(text, params={"uris": ", ".join(missing)})})
    return list(found.values())
