"""Registering Resource Servers, changing them, and their secrets."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Target, record_change, record_event
from accounts.forms.versions import Opened, require_as_opened
from reference_tokens.lifecycle.hash_keys import current_hash_key
from reference_tokens.lifecycle.selection import lock_rows
from reference_tokens.models import ResourceServer, ResourceServerSecret, TokenUse
from reference_tokens.models.resource_servers import MAXIMUM_SECRETS
from reference_tokens.token_values.key_ring import key_ring

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from trusted_apps.models import TrustedApplication

CLIENT_ID_PREFIX = "rs_"
SECRET_PREFIX = "enrs_"  # noqa: S105 - how a secret starts, not one


def create_resource_server(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    applications: Iterable[TrustedApplication] = (),
    **values: Any,
) -> tuple[ResourceServer, str]:
    """Register a Resource Server; returns it and its secret, which exists nowhere else.

    `values` are columns of `ResourceServer`. Raises `ValidationError` for a name that is taken, and for a server that
    may ask about nothing.
    """
    server = ResourceServer(client_id=CLIENT_ID_PREFIX + secrets.token_hex(10), name=name, created_at=now, **values)
    with transaction.atomic():
        server.full_clean()
        save_server(server, force_insert=True)
        server.applications.set(applications)
        require_applications(server)
        _stored, secret = store_secret(server, now)
        details = {"after": server_settings(server)}
        record_event(actor, "resource_server:create", server_target(server), now=now, details=details)
    return server, secret


def update_resource_server(
    *,
    actor: Actor,
    server_id: int,
    now: datetime,
    applications: Iterable[TrustedApplication] | None = None,
    opened: Opened | None = None,
    **values: Any,
) -> ResourceServer:
    """Change a Resource Server, and its applications where they are given; what stays the same is not recorded.

    Felt at its next question. Raises `ChangedMeanwhile` where it is not as the form was `opened` with, and
    `ValidationError` as `create_resource_server` does.
    """
    with transaction.atomic():
        server = ResourceServer.objects.select_for_update(no_key=True).get(pk=server_id)
        before, applications = server_settings(server), None if applications is None else list(applications)
        for column, value in values.items():
            setattr(server, column, value)
        require_as_opened(
            opened, server_target(server), before=before, after=server_settings(server, applications=applications)
        )
        # Only the given columns are checked: a scope deleted since must not prevent disabling the server.
        server.full_clean(exclude={field.name for field in server._meta.fields} - set(values))
        save_server(server, update_fields=list(values))
        if applications is not None:
            server.applications.set(applications)
        if applications is not None or "asks_for_all_applications" in values:
            require_applications(server)
        target, after = server_target(server), server_settings(server)
        record_change(actor, "resource_server:update", target, now=now, before=before, after=after)
    return server


def delete_resource_server(*, actor: Actor, server_id: int, now: datetime, opened: Opened | None = None) -> bool:
    """Delete a Resource Server with its secrets and what it was refused; returns whether it was this call that did it.

    Every request of it is refused from then on, and its client id is given to nobody again. Of tokens that it asked
    about last the use stays, without its name. Rows of uses are locked first, as those who store uses lock them.
    Raises `ChangedMeanwhile` where it is not as it was `opened`.
    """
    with transaction.atomic():
        lock_rows(TokenUse.objects.filter(last_used_server=server_id))
        server = ResourceServer.objects.select_for_update().filter(pk=server_id).first()
        if server is None:
            return False
        target, before = server_target(server), server_settings(server)
        require_as_opened(opened, target, before=before, after={})
        server.delete()
        record_event(actor, "resource_server:delete", target, now=now, details={"before": before})
    return True


def require_applications(server: ResourceServer) -> None:
    """Raise `ValidationError` for a server that may ask about nothing, which is a mistake."""
    if not server.asks_for_all_applications and not server.applications.exists():
        raise ValidationError({"applications": _("Choose its applications, or let it ask about all.")})


def change_applications(
    *,
    actor: Actor,
    server_id: int,
    now: datetime,
    added: Collection[TrustedApplication] = (),
    removed: Collection[TrustedApplication] = (),
) -> int:
    """Add applications to those that the server may ask about, or take some out; returns how many that changed.

    However many it has, only these are read and recorded. Raises `ValidationError` where it would be left with none.
    """
    with transaction.atomic():
        server = ResourceServer.objects.select_for_update(no_key=True).get(pk=server_id)
        named = {application.pk: application for application in [*added, *removed]}
        there = set(server.applications.filter(pk__in=named).values_list("pk", flat=True))
        new = [application for application in added if application.pk not in there]
        gone = [application for application in removed if application.pk in there]
        unchanged = server.applications.count() - len(gone)
        if gone and not unchanged and not server.asks_for_all_applications:
            raise ValidationError(_("It is the only application: add another first, or let it ask about all."))
        server.applications.add(*new)
        server.applications.remove(*gone)
        if new or gone:
            before = {"applications": sorted(application.application_uri for application in gone)}
            after = {"applications": sorted(application.application_uri for application in new)}
            details = {"before": before, "after": after, "unchanged": {"applications": unchanged}}
            record_event(actor, "resource_server:update", server_target(server), now=now, details=details)
    return len(new) + len(gone)


def save_server(server: ResourceServer, **how: Any) -> None:
    """Save what has been checked; the database alone sees a name that somebody else takes at the same moment."""
    try:
        server.save(**how)
    except IntegrityError as error:
        raise ValidationError(_("Another Resource Server has this name.")) from error


def add_secret(*, actor: Actor, server_id: int, now: datetime) -> tuple[ResourceServerSecret, str]:
    """Give the server one more secret, beside the one it has, and return it; it exists nowhere else.

    Two are good at a time, so that the server changes from one to the other without a gap (ASVS v5.0.0-13.3.4).
    Raises `ValidationError` where it has two.
    """
    with transaction.atomic():
        server = ResourceServer.objects.select_for_update(no_key=True).get(pk=server_id)
        if server.secrets.count() >= MAXIMUM_SECRETS:
            raise ValidationError(_("It has two secrets, which is the limit: remove the one that is not used first."))
        stored, secret = store_secret(server, now)
        details = {"hint": stored.hint}
        record_event(actor, "resource_server:add_secret", server_target(server), now=now, details=details)
    return stored, secret


def rotate_secret(*, actor: Actor, server_id: int, now: datetime, ends_old: bool) -> tuple[str, int, int]:
    """Give the server a new secret; returns it, how many old ones were removed, and how many are good beside it.

    Secrets under a key that the ring has no more can authenticate nobody, and are removed; with `ends_old` the others
    are too, at once. Raises `ValidationError` where two good ones would stand beside the new one.
    """
    with transaction.atomic():
        server = ResourceServer.objects.select_for_update(no_key=True).get(pk=server_id)
        old = server.secrets.all() if ends_old else server.secrets.exclude(hash_key__in=key_ring().ids)
        hints = sorted(old.values_list("hint", flat=True))
        old.delete()
        for hint in hints:
            record_event(actor, "resource_server:remove_secret", server_target(server), now=now, details={"hint": hint})
        _stored, secret = add_secret(actor=actor, server_id=server_id, now=now)
        return secret, len(hints), server.secrets.count() - 1


def remove_secret(*, actor: Actor, server_id: int, secret_id: int, now: datetime) -> bool:
    """Remove one of the server's secrets, which authenticates nobody from then on; returns whether there was one.

    Raises `ValidationError` for the only one.
    """
    with transaction.atomic():
        server = ResourceServer.objects.select_for_update(no_key=True).get(pk=server_id)
        stored = server.secrets.filter(pk=secret_id).first()
        if stored is None:
            return False
        if server.secrets.count() == 1:
            raise ValidationError(_("It is the only secret: add another first, or disable the Resource Server."))
        stored.delete()
        details = {"hint": stored.hint}
        record_event(actor, "resource_server:remove_secret", server_target(server), now=now, details=details)
    return True


def server_settings(
    server: ResourceServer, *, applications: Iterable[TrustedApplication] | None = None
) -> dict[str, Any]:
    """The server's settings as the audit log keeps them; with `applications` in place of those it has."""
    asks_about = server.applications.all() if applications is None else applications
    return {
        "name": server.name,
        "is_enabled": server.is_enabled,
        "applications": sorted(application.application_uri for application in asks_about),
        "asks_for_all_applications": server.asks_for_all_applications,
        "may_revoke": server.may_revoke,
        "shares_profile": server.shares_profile,
        "required_scopes": list(server.required_scopes),
    }


def server_target(server: ResourceServer) -> Target:
    """The server as the audit log names it."""
    return Target("resource_server", server.client_id)


def store_secret(server: ResourceServer, now: datetime) -> tuple[ResourceServerSecret, str]:
    """A new secret: 256 random bits, of which only the keyed digest is stored."""
    secret = SECRET_PREFIX + secrets.token_urlsafe(32)
    stored = server.secrets.create(
        digest=key_ring().digest(secret),
        hash_key_id=current_hash_key(now),
        hint=f"{SECRET_PREFIX}…{secret[-4:]}",
        created_at=now,
    )
    return stored, secret
