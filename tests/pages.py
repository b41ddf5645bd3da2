"""Using the sites as a browser does: signing in, reading a page, filling in its form and sending it."""

from __future__ import annotations

import re
import time
from functools import cache
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import time_machine
from django.contrib.auth.hashers import make_password
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD
from tests.sessions import begun, keep

TOKEN = re.compile(r"enrt_[0-9A-F]{64}")
LOGIN_URL = "/accounts/login/"
CONFIRM_URL = "/accounts/reauthenticate/"
HTMX = {"HX-Request": "true"}
LONG_AGO = 16 * 60
# What stands apart from the words before and after it.
BLOCKS = re.compile(r"</?(?:dt|dd|div|p|li|td|th|h1|h2|button|label|option|summary|caption)\b[^>]*>")

Fields = dict[str, list[str]]

# Where a person is who has signed in, and nothing else was asked for.
AFTER_SIGN_IN = "/profile/security/tokens/"


@cache
def password_hash() -> str:
    """What is stored of the password of the cast; made once, since it is made to cost time."""
    return make_password(PASSWORD)


def give_password(user: User) -> User:
    """The same person, who can sign in and confirm with the password of the cast."""
    user.password = password_hash()
    user.save(update_fields=["password"])
    return user


def sign_in(client: Client, user: User, *, confirmed: bool = True, by_factor: bool = False) -> Client:
    """Sign the client in as a sign-in with the password does; not `confirmed`: 16 minutes ago.

    `by_factor`: with a second factor beside it.
    """
    with time_machine.travel(time.time() - (0 if confirmed else LONG_AGO), tick=False):
        request = begun(client, user, by_factor=by_factor)
    keep(request, user)
    return client


def signed_in(user: User, *, confirmed: bool = True, by_factor: bool = False, **options: Any) -> Client:
    """A new client, signed in."""
    return sign_in(Client(**options), user, confirmed=confirmed, by_factor=by_factor)


class _Forms(HTMLParser):
    """The forms of a page with what they would send, by their address."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, Fields] = {}
        self._fields: Fields | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name, value = values.get("name") or "", values.get("value") or ""
        if values.get("type") == "checkbox":
            value = value or "on"
        if tag == "form":
            self._fields = self.forms.setdefault(values.get("action") or "", {})
        if self._fields is None:
            return
        if tag == "select":
            self._select = name
        if tag == "option" and "selected" in values:
            self._fields.setdefault(self._select, []).append(value)
        is_ticked = values.get("type") not in {"radio", "checkbox"} or "checked" in values
        if tag == "input" and name and is_ticked:
            self._fields.setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None


def form_of(response: Any, address: str = "") -> Fields:
    """What the form that leads to this address would send (the page's own address where none is given)."""
    parser = _Forms()
    parser.feed(response.content.decode())
    address = address or response.wsgi_request.path
    return parser.forms.get(address) or parser.forms[""]


def text_of(response: Any) -> str:
    """The words of the page, as they are read."""
    apart = re.sub(BLOCKS, " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]*>", "", apart)).split())


def markup_of(response: Any) -> str:
    """The page without the whitespace that its templates need to be read."""
    return re.sub(r"\s*(<|>)\s*", r"\1", " ".join(response.content.decode().split()))


def links_of(response: Any, label: str) -> list[str]:
    """The addresses of the links that look like buttons, with an icon, and are called so."""
    link = rf'<a class="button[^"]*"\s+href="([^"]*)"[^>]*>\s*<svg(?:(?!</svg>).)*</svg>\s*{label}\s*</a>'
    return [unescape(address) for address in re.findall(link, response.content.decode(), re.DOTALL)]


def secret_of(response: Any) -> str:
    """The text of the one element that shows the token."""
    found = re.findall(r"<code[^>]*\sdata-secret[\s>][^<]*", response.content.decode())
    assert len(found) == 1
    return str(found[0].rpartition(">")[2])


def errors_of(response: Any) -> list[str]:
    """The lines of the error summary."""
    found = re.search(r"data-error-summary>.*?<ul>(.*?)</ul>", response.content.decode(), re.DOTALL)
    lines = re.findall(r"<li>(.*?)</li>", found[1], re.DOTALL) if found else []
    return [" ".join(unescape(re.sub(r"<[^>]*>", "", line)).split()) for line in lines]


def next_of(response: Any) -> str:
    """Where a page that was put in between leads back to; it must be the one parameter of its address."""
    location = response.headers.get("Location") or response.headers["HX-Redirect"]
    ((name, value),) = parse_qsl(urlsplit(location).query, strict_parsing=True)
    assert name == "next"
    return str(value)
