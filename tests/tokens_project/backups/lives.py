"""The life of an instance: what people do in any order, and what that is worth at any moment."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR, Target
from accounts.models import User
from accounts.people.deactivation import deactivate_user, reactivate_user
from reference_tokens.lifecycle.issuance import IssuedToken, IssuingRefused
from reference_tokens.lifecycle.revocation import revoke_token, revoke_tokens
from reference_tokens.lifecycle.rotation import RotationRefused
from reference_tokens.lifecycle.shortening import shorten_tokens
from reference_tokens.lifecycle.suspension import resume_token, suspend_tokens, suspend_with_old_values
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat, issued_sat, rotated
from tests.introspection import is_active
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import update_application


class Life:
    """Two people, two applications, and a Resource Server that asks about every token there ever was."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.people = UserFactory.create_batch(2)
        self.applications = ApplicationFactory.create_batch(2, with_system_user=True)
        self.server = ResourceServerFactory.create()
        self.values: dict[UUID, str] = {}
        self.acts = [
            *(self.issue, self.issue, self.issue, self.rotate, self.revoke, self.suspend, self.resume),
            *(self.revoke_many, self.suspend_many, self.shorten, self.change_person, self.change_application),
        ]

    def act(self) -> None:
        """One act that is possible now, or none."""
        try:
            self.random.choice(self.acts)()
        except (IssuingRefused, RotationRefused):
            return

    def good(self) -> set[UUID]:
        """The tokens that are good now, as a Resource Server is told."""
        client = Client()
        return {pk for pk, value in self.values.items() if is_active(client, self.server, value)}

    def known(self) -> set[UUID]:
        """The tokens that the database knows."""
        return set(ReferenceToken.objects.values_list("pk", flat=True))

    def keep(self, issued: IssuedToken) -> None:
        self.values[issued.token.pk] = issued.plaintext

    def issue(self) -> None:
        application = TrustedApplication.objects.get(pk=self.random.choice(self.applications).pk)
        scopes = ["read"] if self.random.random() < 0.5 else ["read", "update"]
        wanted = [scope for scope in scopes if scope in application.scopes]
        if wanted and self.random.random() < 0.5:
            self.keep(issued_sat(application, scopes=wanted))
        elif wanted:
            self.keep(issued_pat(self.random.choice(self.people), application, scopes=wanted))

    def token(self) -> ReferenceToken | None:
        live: list[ReferenceToken] = [*ReferenceToken.objects.not_ended(timezone.now())]
        return self.random.choice(live) if live else None

    def rotate(self) -> None:
        if token := self.token():
            self.keep(rotated(token, timedelta(hours=self.random.choice([0, 1]))))

    def revoke(self) -> None:
        if token := self.token():
            revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())

    def suspend(self) -> None:
        if token := self.token():
            suspend_with_old_values(actor=OPERATOR, token_id=token.pk, now=timezone.now())

    def resume(self) -> None:
        if token := self.token():
            resume_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())

    def some(self) -> Any:
        ids = [*ReferenceToken.objects.values_list("pk", flat=True)]
        return ReferenceToken.objects.filter(pk__in=self.random.sample(ids, min(2, len(ids))))

    def revoke_many(self) -> None:
        revoke_tokens(actor=OPERATOR, tokens=self.some(), chosen_by={}, now=timezone.now())

    def suspend_many(self) -> None:
        suspend_tokens(actor=OPERATOR, tokens=self.some(), chosen_by={}, now=timezone.now())

    def shorten(self) -> None:
        now = timezone.now()
        end = now + timedelta(hours=self.random.choice([0, 1]))
        shorten_tokens(actor=OPERATOR, tokens=self.some(), target=Target("shortening", "1"), expires_at=end, now=now)

    def change_person(self) -> None:
        person = User.objects.get(pk=self.random.choice(self.people).pk)
        change = deactivate_user if person.is_active else reactivate_user
        change(actor=OPERATOR, user_id=person.pk, now=timezone.now())

    def change_application(self) -> None:
        application = TrustedApplication.objects.get(pk=self.random.choice(self.applications).pk)
        change: dict[str, Any] = self.random.choice(
            [
                {"is_enabled": not application.is_enabled},
                {"scopes": ("read",) if "update" in application.scopes else ("read", "update")},
            ]
        )
        update_application(actor=OPERATOR, application_id=application.pk, now=timezone.now(), **change)
