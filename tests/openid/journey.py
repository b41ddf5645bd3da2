"""Leaving the product for the provider and coming back, in Django's client."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client

SIGN_IN_URL = "/accounts/openid/sign-in/"
CALLBACK_URL = "/accounts/openid/callback/"


def leave(client: Client, url: str = SIGN_IN_URL, target: str = "") -> str:
    """Press the button that leads to the provider; returns the address where the page goes on to."""
    response = client.post(url, {"next": target} if target else {})
    assert response.status_code == 200, response
    content = response.content.decode()
    found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)">', content)
    assert found
    assert content.count(found[1]) == 2
    return unescape(found[1])


def parameters(address: str) -> dict[str, str]:
    """What the address carries in its query, each once."""
    asked = parse_qs(urlsplit(address).query, strict_parsing=True)
    return {name: value for name, (value,) in asked.items()}


def come_back(client: Client, answer: str) -> Any:
    """Follow where the provider sends the browser back to."""
    assert answer.startswith(f"http://localhost:8000{CALLBACK_URL}?")
    return client.get(answer.removeprefix("http://localhost:8000"))
