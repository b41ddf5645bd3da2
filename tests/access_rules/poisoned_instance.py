"""The poisoned instance: people, applications and tokens, each text as hostile as its column takes it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import CharField, Model, TextField
from django.utils import timezone

from accounts.audit.record import Actor, Source
from accounts.mailed_links.invitations import invite_person
from accounts.models import User
from reference_tokens.leaks.reports import report_leak
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.suspension import suspend_with_old_values
from reference_tokens.models import LeakReport, ReferenceToken, ResourceServer, SavedFilter, Webhook
from reference_tokens.notices.noting import note_rotation
from tests.access_rules.poison import ADDRESS, poison
from tests.factories import alter, issued_pat, issued_sat
from trusted_apps.models import Scope, TrustedApplication

# Each column that takes a text of somebody outside, by its model; the rest of the columns that hold a text are below.
TYPED: dict[type[Model], list[str]] = {
    User: ["name"],
    Group: ["name"],
    Scope: ["description"],
    TrustedApplication: ["name", "description"],
    ResourceServer: ["name"],
    ReferenceToken: ["description", "revocation_reason", "suspension_reason"],
    SavedFilter: ["name"],
    Webhook: ["description"],
    LeakReport: ["place"],
}
# Columns of these models that hold what is checked against a short alphabet, or what the service itself writes.
OF_AN_ALPHABET = {
    User: ["password", "username", "email", "time_zone", "language"],
    Scope: ["name"],
    TrustedApplication: ["application_uri", "scopes"],
    ResourceServer: ["client_id", "required_scopes"],
    ReferenceToken: ["scopes", "hint", "revocation_code", "suspension_code"],
    SavedFilter: ["site", "query"],
    Webhook: ["url", "secret", "former_secret"],
}


REASON = poison("reason")
PLACE = ADDRESS.format(field="leakreport.place")


def written_columns(model: type[Model]) -> set[str]:
    """The columns of a model that hold a text which is no choice."""
    return {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField) and not field.choices
    }


def poison_columns() -> dict[str, str]:
    """Write a hostile text into every column of every row; returns the texts by their column."""
    texts = {}
    for model, columns in TYPED.items():
        for column in columns:
            if column.endswith("_reason"):
                # Only what is done has a reason: `act_on_all` gives it.
                continue
            name = f"{model._meta.model_name}.{column}"
            field: Any = model._meta.get_field(column)
            texts[name] = poison(name, field.max_length)
            for number, row in enumerate(model._default_manager.all()):
                # Names are unique.
                text = texts[name] if not number else f"{texts[name][: field.max_length - 4]}{number:04}"
                model._default_manager.filter(pk=row.pk).update(**{column: text})
    return texts


def act_on_all(alice: User, ada: User, application: TrustedApplication) -> None:
    """Do what is recorded and mailed, with reasons and places that are hostile, to tokens that are."""
    now, actor = timezone.now(), Actor.person(ada, Source.MANAGE, address="192.0.2.7")
    issued = [issued_pat(alice, application, description="x") for _state in range(4)]
    revoked, suspended, exposed, rotating = (each.token for each in issued)
    sat = issued_sat(application).token
    ReferenceToken.objects.update(description=poison("referencetoken.description"))
    alter(sat, last_used_at=now, last_used_server=ResourceServer.objects.all()[0])
    revoke_token(actor=actor, token_id=revoked.pk, now=now, reason=REASON)
    revoke_token(actor=actor, token_id=sat.pk, now=now, reason=REASON)
    suspend_with_old_values(actor=actor, token_id=suspended.pk, now=now, reason=REASON)
    report_leak([issued[2].plaintext], url=PLACE, origin=LeakReport.Origin.ANYBODY, actor=actor, now=now)
    LeakReport.objects.update(place=PLACE)
    note_rotation(rotating, now=now)
    assert ReferenceToken.objects.get(pk=exposed.pk).exposed_at
    invite_person(actor=actor, username="carol", email="carol@example.com", name=poison("user.name"), now=now)
