"""Second factors of the cast, and what they answer with."""

from __future__ import annotations

import json
import re
import time
from html import unescape
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from fido2.utils import websafe_encode

from accounts.allauth_internals import app_code, new_app_key
from accounts.audit.record import OPERATOR
from accounts.models import User
from accounts.second_factors.factors import add_app, add_passkey
from tests.factories import PASSWORD
from tests.pages import LOGIN_URL
from tests.soft_key import SoftKey

LIST_URL = "/profile/security/second-factors/"
APP_URL = "/profile/security/second-factors/app/"
PASSKEY_URL = "/profile/security/second-factors/passkeys/new/"
CODES_URL = "/profile/security/second-factors/recovery-codes/"
STAGE_URL = "/accounts/second-factor/"
PASSKEY_SIGN_IN_URL = "/accounts/login/passkey/"

TOTP, PASSKEY, CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES


class App:
    """An authenticator app that holds one key."""

    def __init__(self, key: str) -> None:
        self.key = key

    def code(self, *, steps_away: int = 0) -> str:
        """What it shows now, or so many half minutes from now."""
        return app_code(self.key, int(time.time()) // 30 + steps_away)


def app_of(user: User) -> tuple[App, list[str]]:
    """An app set up an hour ago, and the recovery codes that came with it, if they did."""
    key = new_app_key()
    step = int(time.time()) // 30 - 120
    added = add_app(actor=OPERATOR, user=user, key=key, step=step, now=timezone.now())
    return App(key), added.codes


def key_of(response: Any) -> str:
    """The key that the page shows for an app."""
    found = re.search(r"<code[^>]*\sdata-app-key[^>]*>([A-Z2-7 ]+)<", response.content.decode())
    assert found
    return found[1].replace(" ", "")


def codes_of(response: Any) -> list[str]:
    """The recovery codes that the page shows."""
    found = re.search(r"<pre[^>]*\sdata-codes[^>]*>([0-9 \n]+)<", response.content.decode())
    return found[1].split("\n") if found else []


def pending_sign_in(user: User, target: str = "") -> Client:
    """A browser in which the person has entered their password, and is asked for their second factor."""
    client = Client()
    response = client.post(LOGIN_URL, {"login": user.username, "password": PASSWORD, "next": target})
    assert response.headers["Location"] == STAGE_URL
    return client


def options_of(response: Any) -> Any:
    """What the page asks the browser for a passkey with."""
    found = re.search(r' data-options="([^"]+)"', response.content.decode())
    assert found
    return json.loads(unescape(found[1]))


def passkey_of(user: User, *, name: str = "Key", **traits: Any) -> SoftKey:
    """A passkey of the user's."""
    key = SoftKey(**traits)
    handle = websafe_encode(user_pk_to_url_str(user).encode())
    credential = key.created({"publicKey": {"challenge": "", "user": {"id": handle}}})
    added = add_passkey(actor=OPERATOR, user=user, name=name, credential=credential, now=timezone.now())
    key.stored_as = added.factor.pk
    return key


def sign_in_with(key: SoftKey, client: Client | None = None, target: str = "", **changes: Any) -> Any:
    """Show the passkey at the sign-in page."""
    client = client or Client()
    answer = key.shown(client.get(PASSKEY_SIGN_IN_URL).json(), **changes)
    return client.post(PASSKEY_SIGN_IN_URL, {"credential": json.dumps(answer), "next": target})


def factor(user: User, kind: str) -> Authenticator:
    """What is stored of the user's factor."""
    stored: Authenticator = Authenticator.objects.get(user=user, type=kind)
    return stored
