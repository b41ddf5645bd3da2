"""Attempts to sign in, and their statuses."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.pages import LOGIN_URL


def try_to_sign_in(login: str, password: str = "wrong", address: str = "192.0.2.1", **options: Any) -> Any:
    return Client().post(LOGIN_URL, {"login": login, "password": password}, REMOTE_ADDR=address, **options)


def statuses(times: int, login: str = "alice", password: str = "wrong", **options: Any) -> list[int]:
    return [try_to_sign_in(login, password, **options).status_code for _number in range(times)]
