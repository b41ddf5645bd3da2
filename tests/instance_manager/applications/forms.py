"""The pages and forms of an application, sent as an administrator does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import alter, issued_pat, issued_sat
from tests.pages import form_of
from trusted_apps.models import TrustedApplication

LIST = "/manage/security/trusted-apps/"
NEW = f"{LIST}new/"


def page_of(application: TrustedApplication) -> str:
    return f"{LIST}{application.pk}/"


def edit_of(application: TrustedApplication) -> str:
    return f"{LIST}{application.pk}/edit/"


def many_tokens(application: TrustedApplication, holder: User, count: int, step: timedelta = timedelta(0)) -> None:
    """Tokens issued one after the other, or all at one moment."""
    template = issued_pat(holder, application).token
    ReferenceToken.objects.bulk_create(
        ReferenceToken(
            kind="PAT",
            application=application,
            holder=holder,
            issuer=holder,
            scopes=("read",),
            digest=number.to_bytes(32, "big"),
            hash_key=template.hash_key,
            hint=f"enrt_{number:04X}…0000",
            issued_at=template.issued_at - step * number,
            expires_at=template.expires_at,
        )
        for number in range(1, count)
    )


def registered(client: Client, **changes: Any) -> Any:
    fields = form_of(client.get(NEW)) | {"name": ["Word"], "application_uri": ["com.example/word"]}
    return client.post(NEW, fields | changes)


def changed(client: Client, application: TrustedApplication, /, **changes: Any) -> Any:
    return client.post(edit_of(application), form_of(client.get(edit_of(application))) | changes)


def tokens_of_everybody(application: TrustedApplication, alice: User, bob: User, administrator: User) -> None:
    for user in (alice, alice, bob, administrator):
        issued_pat(user, application)
    issued_sat(application)
    alter(issued_pat(alice, application).token, revoked_at=timezone.now())
