"""Every page in a language made up for it: what is not in that language was written past the catalogues."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from accounts.models import User
from accounts.text.languages import MONTHS
from tests.access_rules.ask import ABOUT, address_of
from tests.access_rules.table import EXPECTED
from tests.languages import Accented, reads_german, second_language
from tests.pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# What people typed, what is copied, and what only programs read.
SAME = re.compile(r"<(script|style|code|pre|svg|bdi|template|select|textarea)\b.*?</\1>", re.DOTALL)
LANGUAGES = re.compile(r"<button[^>]*name=\"language\".*?</button>", re.DOTALL)
READ_OUT = re.compile(r"\b(?:aria-label|alt|placeholder|title)=\"([^\"]*)\"")
TAG = re.compile(r"<[^>]*>", re.DOTALL)
WORD = re.compile(r"[A-Za-z]{3,}")
# Ids, and names of events as programs read them.
CODES = re.compile(r"\b[a-z]+(?:[._][a-z]+)+\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b")
# The product and its languages, units, values of settings, and products that guides are for.
NAMES = {
    *("Reference", "Tokens", "UTC", "German", "SAT", "OCSF", "SQLite", "PostgreSQL", "AdministratorsOnly", "Key"),
    *("Apache", "mod", "openidc", "Caddy", "Django", "REST", "framework", "Envoy", "Express", "FastAPI", "HAProxy"),
    *("Spring", "Security", "Traefik", "curl", "nginx"),
}
# What an entry of the audit log calls its details; docs/audit-events.md lists them by these names.
NAMES |= {"expires", "hint", "holder", "host", "kind", "overlap", "replaced", "replaces", "seconds"}
# The months of German stand in no catalogue of ours.
NAMES |= {word for month in MONTHS["de"] for word in WORD.findall(month)}
# Its pages are written anew in each language, and say for themselves which one has them.
OTHERWISE = ("/help/",)


def stored_words() -> set[str]:
    """Every word of every text that the database holds."""
    return {
        word
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        for text in model._default_manager.values_list(field.attname, flat=True)
        for word in WORD.findall(str(text))
    }


def plain_words(page: str) -> set[str]:
    """The words of the page that no translation has changed."""
    for left_out in (SAME, LANGUAGES, CODES):
        page = left_out.sub(" ", page)
    read = f"{TAG.sub(' ', page)} {' '.join(READ_OUT.findall(page))}"
    return set(WORD.findall(unescape(read))) - NAMES


@pytest.mark.parametrize("visitor", ["nobody", "person", "administrator"])
def test_no_page_has_a_text_that_is_in_no_catalogue(
    visitors: dict[str, User], ids: dict[str, str], visitor: str
) -> None:
    found, known = {}, stored_words()
    with second_language(Accented()):
        reads_german(*visitors.values())
        for route in sorted(route for route in EXPECTED if not route.startswith(OTHERWISE)):
            client = signed_in(visitors[visitor]) if visitor in visitors else Client(headers={"accept-language": "de"})
            response = client.get(address_of(route, ids) + ABOUT.get(route, ""))
            if response.headers.get("Content-Type", "").startswith("text/html"):
                found[route] = plain_words(response.content.decode()) - known
    assert len(found) > 5
    assert {route: words for route, words in found.items() if words} == {}
