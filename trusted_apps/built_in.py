"""What every instance has from the beginning: the Trusted Application of the management API, and its scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from django.utils.functional import Promise

    from accounts.models import User
    from trusted_apps.models import TrustedApplication

MANAGEMENT_API_URI = "reference-tokens/api"
# The type of the actor in the audit log where a program acts by one of its tokens.
API_TOKEN = "api_token"  # noqa: S105 - the name of a type


class ManagementScope(models.TextChoices):
    """What a token for the management API may do (contract 5)."""

    SELF_READ = "self:read", _("See one's own tokens")
    SELF_WRITE = "self:write", _("Rename, rotate and revoke one's own tokens")
    INSTANCE_READ = "instance:read", _("See all that the Instance Manager shows")
    INSTANCE_WRITE = "instance:write", _("Do all that the Instance Manager can do")


MANAGEMENT_SCOPES = frozenset(ManagementScope.values)
INSTANCE_SCOPES = frozenset({str(ManagementScope.INSTANCE_READ), str(ManagementScope.INSTANCE_WRITE)})
# The columns of the built-in application that nobody changes.
FIXED_COLUMNS = ("application_uri", "scopes", "allows_self_rotation")


def scopes_in_effect(scopes: Iterable[str], holder: User | None) -> frozenset[str]:
    """The scopes that a token has at the management API: a person is an administrator, or has none of the instance.

    Without a holder, or with a System User, it is a service access token, which only administrators issue (API-2).
    """
    if holder is None or not holder.is_person or holder.is_administrator:
        return frozenset(scopes)
    return frozenset(scopes) - INSTANCE_SCOPES


def require_rules_of_built_in(application: TrustedApplication, before: Mapping[str, Any]) -> None:
    """Raise `ValidationError` where an application would not be what the management API relies on (API-2, API-3).

    `before` are its settings before the change; none of a new one.
    """
    if before.get("application_uri") == MANAGEMENT_API_URI:
        errors = errors_of_built_in(application)
    else:
        errors = errors_of_other(set(application.scopes) - set(before.get("scopes", ())))
    if errors:
        raise ValidationError(errors)


def errors_of_built_in(application: TrustedApplication) -> dict[str, Promise]:
    """What is wrong with the built-in application: its URI and scopes are fixed, and people alone renew its tokens."""
    errors: dict[str, Promise] = {}
    if application.application_uri != MANAGEMENT_API_URI:
        errors["application_uri"] = _("The management API keeps its URI: programs and this instance rely on it.")
    if set(application.scopes) != MANAGEMENT_SCOPES:
        errors["scopes"] = _("The management API keeps its scopes: each of its calls needs one of them.")
    if application.allows_self_rotation:
        errors["allows_self_rotation"] = _("A token for the management API is rotated by people, never by itself.")
    return errors


def errors_of_other(added: Collection[str]) -> dict[str, Promise]:
    """What is wrong with these scopes for another application: those of the management API belong to that alone."""
    if MANAGEMENT_SCOPES.isdisjoint(added):
        return {}
    return {"scopes": _("The scopes self:… and instance:… belong to the management API alone: choose others.")}
