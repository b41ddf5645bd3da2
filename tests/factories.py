"""The cast's wardrobe: variations are traits."""

from __future__ import annotations

import datetime
from typing import Any

import factory
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.mailed_links.links import link_digest
from accounts.models import EmailChange, Invitation, PasswordReset, User
from accounts.sessions.keys import stored_key
from reference_tokens.lifecycle.issuance import IssuedToken, TokenRequest, issue_pat, issue_sat
from reference_tokens.lifecycle.resource_server_registration import store_secret
from reference_tokens.lifecycle.rotation import DEFAULT_OVERLAP, rotate_token
from reference_tokens.models import ReferenceToken, ResourceServer, TokenUse, Webhook, WebhookDelivery
from reference_tokens.usage.sources import with_uses
from reference_tokens.webhooks.registration import create_webhook
from reference_tokens.webhooks.repeating import send_test
from trusted_apps.built_in import MANAGEMENT_API_URI
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

PASSWORD = "correct horse battery staple"


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    class Params:
        administrator = factory.Trait(is_administrator=True)
        system = factory.Trait(kind=User.Kind.SYSTEM)
        inactive = factory.Trait(is_active=False)

    username = factory.Sequence(lambda number: f"made{number}")
    name = factory.LazyAttribute(lambda user: user.username.title())
    password = "!unusable"


class ApplicationFactory(factory.django.DjangoModelFactory[TrustedApplication]):
    class Meta:
        model = TrustedApplication

    class Params:
        closed = factory.Trait(access_tokens_policy=AccessTokensPolicy.NONE)
        administrators_only = factory.Trait(access_tokens_policy=AccessTokensPolicy.ADMINISTRATORS_ONLY)
        disabled = factory.Trait(is_enabled=False)
        with_system_user = factory.Trait(system_user=factory.SubFactory(UserFactory, system=True))

    application_uri = factory.Sequence(lambda number: f"com.example/made-{number}")
    name = factory.Sequence(lambda number: f"App {number}")
    access_tokens_policy = AccessTokensPolicy.AUTHENTICATED_USERS
    scopes = ("read", "update")


def made_applications() -> QuerySet[TrustedApplication]:
    """The applications that the test has made: every instance has that of the management API beside them."""
    return TrustedApplication.objects.exclude(application_uri=MANAGEMENT_API_URI)


class ResourceServerFactory(factory.django.DjangoModelFactory[ResourceServer]):
    """A Resource Server; its secret is in `plain_secret` of the object."""

    class Meta:
        model = ResourceServer
        skip_postgeneration_save = True

    client_id = factory.Sequence(lambda number: f"rs_{number:020d}")
    name = factory.Sequence(lambda number: f"Made API {number}")
    asks_for_all_applications = True

    @factory.post_generation
    def plain_secret(self: ResourceServer, create: bool, extracted: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            _stored, self.plain_secret = store_secret(self, timezone.now())  # type: ignore[attr-defined]


def token_request(**changes: Any) -> TokenRequest:
    """A request for a token that reads for 30 days."""
    values: dict[str, Any] = {"scopes": ["read"], "expires_at": timezone.now() + datetime.timedelta(days=30)}
    return TokenRequest(**values | changes)


def issued_pat(user: User, application: TrustedApplication, **changes: Any) -> IssuedToken:
    """A PAT issued as the command line does."""
    return issue_pat(
        actor=OPERATOR, user=user, application=application, token_request=token_request(**changes), now=timezone.now()
    )


def issued_sat(application: TrustedApplication, **changes: Any) -> IssuedToken:
    """A SAT issued as the command line does."""
    return issue_sat(
        actor=OPERATOR, application=application, token_request=token_request(**changes), now=timezone.now()
    )


def rotated(token: ReferenceToken, overlap: datetime.timedelta = DEFAULT_OVERLAP) -> IssuedToken:
    """The token rotated as by the operator; its old value lives on for a day."""
    return rotate_token(actor=OPERATOR, token_id=token.pk, overlap=overlap, now=timezone.now())


def alter(token: ReferenceToken, **columns: Any) -> None:
    """Change columns of a stored token, or of its last use, behind the product's back."""
    names = {field.name for field in TokenUse._meta.get_fields()} - {"application"}
    of_use = {name: columns.pop(name) for name in names & columns.keys()}
    if of_use:
        TokenUse.objects.update_or_create(of_use, {"application_id": token.application_id} | of_use, token_id=token.pk)
        columns |= {"first_used_at": of_use["last_used_at"]} if "last_used_at" in of_use else {}
    if columns:
        ReferenceToken.objects.filter(pk=token.pk).update(**columns)


def used_from(token: ReferenceToken, last_uses: dict[str, datetime.datetime]) -> None:
    """Store from where a token was used, and when last from each of these."""
    alter(token, last_used_at=max(last_uses.values()), recent_sources=with_uses("", last_uses.items()))


def webhook_made(url: str = "https://hooks.example.com/tokens", **values: Any) -> tuple[Webhook, str]:
    """A webhook that is told of tokens, and its secret."""
    values = {"types": ["token.issued", "token.revoked"], **values}
    return create_webhook(actor=OPERATOR, now=timezone.now(), url=url, **values)


def delivery_made(webhook: Webhook | None = None) -> WebhookDelivery:
    """A message that waits."""
    webhook = webhook or webhook_made()[0]
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    return webhook.deliveries.order_by("-pk")[0]


def another_browser(user: User) -> Client:
    """A browser on some other machine, in which the user is signed in."""
    client = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
    client.force_login(user)
    client.get("/profile/", REMOTE_ADDR="192.0.2.7")
    return client


def device_of(browser: Client) -> UserSession:
    """The session of a browser, as the list of devices knows it."""
    return UserSession.objects.get(session_key=stored_key(browser.session.session_key))


def another_device(user: User) -> UserSession:
    """A session of the user on some other machine, as the list of devices knows it."""
    return device_of(another_browser(user))


def waiting_link(user: User, email: str = "new@example.com") -> str:
    """The key of a link that would give the user this e-mail address."""
    key = f"key-of-a-link-to-{user.username}"
    EmailChange.objects.create(user=user, email=email, digest=link_digest(key), asked_at=timezone.now())
    return key


def invitation_link(user: User) -> str:
    """The key of a link with which the user chooses a password."""
    key = f"key-of-an-invitation-of-{user.username}"
    Invitation.objects.create(user=user, digest=link_digest(key), invited_at=timezone.now())
    return key


def reset_link(user: User) -> str:
    """The key of a link with which the user chooses another password."""
    key = f"key-of-a-reset-of-{user.username}"
    PasswordReset.objects.create(user=user, email=user.email, digest=link_digest(key), asked_at=timezone.now())
    return key
