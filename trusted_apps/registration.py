"""Registering a Trusted Application and changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit.record import Actor, Target, record_change, record_event
from trusted_apps.built_in import require_rules_of_built_in
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from accounts.models import User

NO_SCOPE = gettext_lazy("Choose at least one scope: without one no token can be issued for it.")


def create_application(
    *, actor: Actor, now: datetime, owners: Iterable[User] = (), **values: Any
) -> TrustedApplication:
    """Register an application; `values` are columns of `TrustedApplication`.

    Raises `ValidationError` for a URI that is taken or malformed, no scope, an unknown one or one of the management
    API, a System User that is a person or inactive, or an owner that is not an active person.
    """
    application = TrustedApplication(created_at=now, **values)
    with transaction.atomic():
        application.full_clean()
        if not application.scopes:
            raise ValidationError({"scopes": NO_SCOPE})
        require_active_system_user(application)
        require_rules_of_built_in(application, {})
        save_checked(application, force_insert=True)
        application.owners.set(require_people(owners))
        details = {"after": application_settings(application)}
        record_event(actor, "application:create", application_target(application), now=now, details=details)
    return application


def update_application(
    *, actor: Actor, application_id: uuid.UUID, now: datetime, owners: Iterable[User] | None = None, **values: Any
) -> TrustedApplication:
    """Change columns of an application, and its owners if they are given; only changed values are recorded.

    The row is locked first, so that a token being issued for it is issued wholly before the change or wholly after
    it (POL-3). Raises `TrustedApplication.DoesNotExist`, and `ValidationError` as `create_application` does, and where
    the application of the management API would not be what that relies on.
    """
    with transaction.atomic():
        application = TrustedApplication.objects.select_for_update(no_key=True).get(pk=application_id)
        before = application_settings(application)
        for name, value in values.items():
            setattr(application, name, value)
        # Only the given columns are checked: a scope deleted since must not prevent disabling the application.
        application.full_clean(exclude={field.name for field in application._meta.fields} - set(values))
        require_active_system_user(application, before["system_user"])
        require_rules_of_built_in(application, before)
        save_checked(application, update_fields=list(values))
        if owners is not None:
            application.owners.set(require_people(owners, before["owners"]))
        target, after = application_target(application), application_settings(application)
        record_change(actor, "application:update", target, now=now, before=before, after=after)
    return application


def application_settings(application: TrustedApplication, *, owners: Iterable[User] | None = None) -> dict[str, Any]:
    """The settings as the audit log keeps them: people as ids, never as names.

    With `owners`, the settings that the application would have with these owners.
    """
    ids = application.owners.values_list("pk", flat=True) if owners is None else [owner.pk for owner in owners]
    return {
        "application_uri": application.application_uri,
        "name": application.name,
        "description": application.description,
        "is_enabled": application.is_enabled,
        "access_tokens_policy": str(application.access_tokens_policy),
        "scopes": list(application.scopes),
        "system_user": str(application.system_user_id) if application.system_user_id else None,
        "owners": sorted(str(pk) for pk in ids),
        "max_lifetime_days": application.max_lifetime_days,
        "allows_tokens_without_expiry": application.allows_tokens_without_expiry,
        "allows_self_rotation": application.allows_self_rotation,
    }


def save_checked(application: TrustedApplication, **how: Any) -> None:
    """Save a checked application; only the database sees a URI that somebody else takes at the same moment."""
    try:
        application.save(**how)
    except IntegrityError as error:
        raise ValidationError(_("Another Trusted Application has this URI.")) from error


def require_people(owners: Iterable[User], before: Collection[str] = ()) -> list[User]:
    """Return the owners as a list; raise `ValidationError` if one is a System User, who reads no mails, or inactive.

    An inactive one stays where their id is among those of `before`.
    """
    owners = list(owners)
    software = [owner.username for owner in owners if not owner.is_person]
    inactive = [owner.username for owner in owners if not owner.is_active and str(owner.pk) not in before]
    for usernames, message in (
        (software, _("An owner is a person, not a System User: %(usernames)s.")),
        (inactive, _("An owner is active when they are chosen: %(usernames)s.")),
    ):
        if usernames:
            error = ValidationError(message, params={"usernames": ", ".join(usernames)})
            raise ValidationError({"owners": error})
    return owners


def require_active_system_user(application: TrustedApplication, before: str | None = None) -> None:
    """Raise `ValidationError` for an inactive System User; one whose id is that of `before` stays."""
    chosen = application.system_user
    if chosen and not chosen.is_active and str(chosen.pk) != before:
        error = ValidationError(_("%(username)s is not active: choose another."), params={"username": chosen.username})
        raise ValidationError({"system_user": error})


def application_target(application: TrustedApplication) -> Target:
    """The application as the audit log names it."""
    return Target("application", str(application.pk))
