"""One attempt to sign in."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.factories import PASSWORD
from tests.pages import LOGIN_URL


def try_to_sign_in(login: str, password: str = PASSWORD, target: str = "") -> Any:
    return Client().post(LOGIN_URL, {"login": login, "password": password, "next": target})
