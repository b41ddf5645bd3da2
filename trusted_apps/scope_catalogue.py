"""The scopes of the instance, in words for the people who tick them (TOK-6): adding, describing and removing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Target, record_change, record_event
from accounts.forms.versions import Opened, require_as_opened
from trusted_apps.built_in import ManagementScope
from trusted_apps.models import Scope, TrustedApplication

if TYPE_CHECKING:
    from datetime import datetime


class ScopeInUse(Exception):
    """Applications offer the scope, as many as this says."""

    def __init__(self, applications: int) -> None:
        super().__init__(str(applications))
        self.applications = applications


def create_scope(*, actor: Actor, name: str, description: str, now: datetime) -> Scope:
    """Add a scope; raises `ValidationError` for a name that is taken or malformed, and for no description."""
    scope = Scope(name=name, description=description)
    scope.full_clean()
    with transaction.atomic():
        scope.save(force_insert=True)
        record_event(actor, "scope:create", scope_target(name), now=now, details={"after": scope_state(scope)})
    return scope


def describe_scope(*, actor: Actor, name: str, description: str, now: datetime, opened: Opened | None = None) -> Scope:
    """Change the words of a scope; raises `Scope.DoesNotExist`, `ChangedMeanwhile` and `ValidationError`."""
    with transaction.atomic():
        scope = Scope.objects.select_for_update().get(pk=name)
        before = scope_state(scope)
        scope.description = description
        after = scope_state(scope)
        require_as_opened(opened, scope_target(name), before=before, after=after)
        scope.full_clean(validate_unique=False)
        scope.save(update_fields=["description"])
        record_change(actor, "scope:update", scope_target(name), now=now, before=before, after=after)
    return scope


def delete_scope(*, actor: Actor, name: str, now: datetime) -> None:
    """Remove a scope that no application offers; raises `Scope.DoesNotExist` and `ScopeInUse`.

    Tokens keep the name, which no application offers: it allows them nothing.
    """
    with transaction.atomic():
        scope = Scope.objects.select_for_update().get(pk=name)
        if name in ManagementScope.values:
            raise ValidationError(_("This scope belongs to the management API."))
        offering = sum(name in scopes for scopes in TrustedApplication.objects.values_list("scopes", flat=True))
        if offering:
            raise ScopeInUse(offering)
        details = {"before": scope_state(scope)}
        scope.delete()
        record_event(actor, "scope:delete", scope_target(name), now=now, details=details)


def scope_state(scope: Scope) -> dict[str, Any]:
    """What can be changed of a scope."""
    return {"description": scope.description}


def scope_target(name: str) -> Target:
    """The scope as the audit log names it."""
    return Target("scope", name)
