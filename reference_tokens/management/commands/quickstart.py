from __future__ import annotations

import secrets
import shlex
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.addresses import address_of
from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.models import User
from accounts.people.creation import create_user
from reference_tokens.lifecycle.resource_server_registration import create_resource_server
from trusted_apps.models import AccessTokensPolicy
from trusted_apps.registration import create_application

MANAGE = ".venv/bin/python manage.py"
APPLICATIONS = (
    ("com.example/excel", "Excel add-in", AccessTokensPolicy.AUTHENTICATED_USERS, True),
    ("com.example/scheduler", "Night scheduler", AccessTokensPolicy.ADMINISTRATORS_ONLY, True),
    ("com.example/archive", "Archive", AccessTokensPolicy.NONE, True),
    ("com.example/legacy", "Legacy import", AccessTokensPolicy.AUTHENTICATED_USERS, False),
)


class Command(BaseCommand):
    help = "Create a small example instance; does nothing where there are users already, and in production."
    example = "quickstart"

    def add_options(self, parser: CommandParser) -> None:
        """None of its own."""

    def run(self, options: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - it has no options
        act: dict[str, Any] = {"actor": OPERATOR, "now": timezone.now()}
        with transaction.atomic():
            if settings.IS_PRODUCTION or User.objects.exists():
                return {"created": False, "url": settings.BASE_URL}
            passwords = create_people(act)
            create_applications(act)
            server, secret = create_resource_server(
                **act, name="Example API", asks_for_all_applications=True, may_revoke=True
            )
        return {
            "created": True,
            "url": settings.BASE_URL,
            "passwords": passwords,
            "client_id": server.client_id,
            "client_secret": secret,
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        url = result["url"]
        if not result["created"] and not User.objects.exists():
            return [
                "Production has no example people; nothing was created.",
                *secrets_to_set_again(),
                "To create the first administrator:",
                f"{manage_with_settings()} create_user NAME --email ADDRESS --administrator --password-stdin",
                *where_mails_go(),
            ]
        if not result["created"]:
            existing = f"This instance has users already; nothing was created. {settings.PRODUCT_NAME}: {url}"
            return [existing, *where_mails_go()]
        manage = manage_with_settings()
        profile, manager = url + address_of("own profile"), url + address_of("Instance Manager")
        curl = f'curl -s -w "\\n" -u {result["client_id"]}:{result["client_secret"]}'
        lines = f"""\
An example instance was created. These secrets are shown this once:

  Profile            {profile}   alice   {result["passwords"]["alice"]}
  Instance Manager   {manager}    admin   {result["passwords"]["admin"]}

Issue a token, validate it as the example API would, revoke it, and validate it again:

  TOKEN=$({manage} issue_token --application com.example/excel --user alice)
  {curl} -d "token=$TOKEN" {url}/oauth/introspect
  printf %s "$TOKEN" | {manage} revoke_tokens --token-stdin --yes
  {curl} -d "token=$TOKEN" {url}/oauth/introspect
""".splitlines()
        return [*where_mails_go(), *secrets_to_set_again(), *lines]


def create_people(act: dict[str, Any]) -> dict[str, str]:
    """Create an administrator and a person; returns their passwords by user name."""
    passwords = {username: secrets.token_urlsafe(12) for username in ("admin", "alice")}
    for username, name in (("admin", "Ada Admin"), ("alice", "Alice Example")):
        create_user(
            **act,
            username=username,
            name=name,
            email=f"{username}@example.com",
            is_administrator=username == "admin",
            password=passwords[username],
        )
    return passwords


def create_applications(act: dict[str, Any]) -> None:
    """Create applications of each kind, and the System User that their service access tokens act as."""
    robot = create_user(**act, username="robot", name="Example robot", is_system=True)
    for uri, name, policy, is_enabled in APPLICATIONS:
        create_application(
            **act,
            application_uri=uri,
            name=name,
            access_tokens_policy=policy,
            is_enabled=is_enabled,
            scopes=("read", "update"),
            system_user=robot,
        )


def manage_with_settings() -> str:
    """How to call a command from a shell that has none of the settings of this one."""
    given = [f"{name}={shlex.quote(value)}" for name, value in settings.GIVEN_SETTINGS.items()]
    return " ".join([*given, MANAGE])


def secrets_to_set_again() -> list[str]:
    """A line about the secret settings that the lines to paste need beside those that stand in them."""
    if not settings.GIVEN_SECRETS:
        return []
    return [f"In another shell, set {', '.join(settings.GIVEN_SECRETS)} first, as here."]


def where_mails_go() -> list[str]:
    """A line about the folder of mails, where no mail server is set."""
    if not settings.MAIL_FOLDER:
        return []
    return [f"Mails are written to files in {settings.MAIL_FOLDER}; set EMAIL_URL to send them."]
