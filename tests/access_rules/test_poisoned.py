"""T41: a hostile text in every field, through every page, form, mail, export and answer of the API.

It is shown as it was typed, and does nothing. A column that holds a text and is in neither table fails here.
"""

from __future__ import annotations

import csv
import io
import json
from html import unescape
from itertools import product
from uuid import UUID

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.test import Client

from accounts.models import User
from accounts.outbox.delivery import send_due_mails
from reference_tokens.management_api.openapi import described
from reference_tokens.models import ReferenceToken
from tests.access_rules.ask import ABOUT, address_of
from tests.access_rules.filled_forms import Filling
from tests.access_rules.poison import effects, poison
from tests.access_rules.poisoned_instance import (
    OF_AN_ALPHABET,
    PLACE,
    REASON,
    TYPED,
    act_on_all,
    poison_columns,
    written_columns,
)
from tests.access_rules.table import EXPECTED
from tests.factories import issued_pat
from tests.pages import HTMX, signed_in
from tests.reference_tokens.management_api.conftest import EVERY_SCOPE, Program
from tests.reference_tokens.management_api.test_authentication import PARAMETER
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.once, pytest.mark.django_db]

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture
def texts(
    visitors: dict[str, User], ids: dict[str, str], application: TrustedApplication, management_api: TrustedApplication
) -> dict[str, str]:
    """The poisoned instance; every text that was written, by its column."""
    people = User.objects.filter(kind=User.Kind.PERSON)
    for person in people:
        User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.com")
    application.owners.add(visitors["person"])
    written = poison_columns()
    application.refresh_from_db()
    act_on_all(User.objects.get(username="alice"), User.objects.get(username="ada"), application)
    return written | {"reason": REASON, "leakreport.place": PLACE}


def browsers() -> dict[str, Client]:
    return {name: signed_in(User.objects.get(username=name), by_factor=True) for name in ("alice", "ada")}


def whose(address: str) -> str:
    """Who is shown more there than a refusal."""
    return "ada" if address.startswith("/manage") else "alice"


def token_ids() -> list[UUID]:
    return list(ReferenceToken.objects.values_list("pk", flat=True))


def holds(page: str, written: dict[str, str]) -> set[str]:
    """The columns whose text is in the page, as people read it; a long one may be cut."""
    return {column for column, text in written.items() if text[:24] in page}


def test_t41_every_column_with_a_text_is_poisoned_or_of_an_alphabet() -> None:
    for model, columns in TYPED.items():
        assert {*columns, *OF_AN_ALPHABET.get(model, [])} == written_columns(model), model


def test_t41_every_page_shows_what_was_typed_and_nothing_is_done(texts: dict[str, str], ids: dict[str, str]) -> None:
    shown: set[str] = set()
    of_tokens = [f"/{site}/security/tokens/{pk}/" for site in ("profile", "manage") for pk in token_ids()]
    addresses = [address_of(route, ids) + ABOUT.get(route, "") for route in EXPECTED if route != "/accounts/logout/"]
    pages = [(whose(route), route) for route in [*addresses, *of_tokens]]
    # To each, every page of the other's site is the same refusal.
    pages += [("alice", "/manage/"), ("ada", of_tokens[0])]
    signed_in_as = browsers()
    for (name, route), headers in product(pages, ({}, HTMX)):
        answer = signed_in_as[name].get(route, headers=headers)
        assert answer.status_code < 500, route
        page = b"".join(answer).decode()
        # What programs ask is JSON, which no browser takes for anything else.
        assert effects(page) == [] or answer["Content-Type"] == "application/json", route
        shown |= holds(unescape(page), texts)
    assert set(texts) - shown == set()


def test_t41_every_form_repeats_what_was_typed_and_nothing_is_done(texts: dict[str, str], ids: dict[str, str]) -> None:
    repeated, signed_in_as = 0, browsers()
    for route in [route for route, page in EXPECTED.items() if page.takes_a_form and route != "/accounts/logout/"]:
        browser, address = signed_in_as[whose(route)], address_of(route, ids)
        page = browser.get(address + ABOUT.get(route, ""))
        names = Filling(page).fields if page.status_code == 200 else {}
        with transaction.atomic():
            answer = browser.post(address, {name: poison(name) for name in names}, headers=HTMX)
            transaction.set_rollback(True)
        assert answer.status_code < 500, route
        repeated += "=zz" in unescape(b"".join(answer).decode())
        assert effects(b"".join(answer).decode()) == [], route
    assert repeated > 10


def test_t41_every_mail_says_what_was_typed_and_nothing_is_done(texts: dict[str, str]) -> None:
    while send_due_mails():
        pass
    assert len(mail.outbox) > 6
    said: set[str] = set()
    for message in mail.outbox:
        assert isinstance(message, EmailMultiAlternatives)
        [(html, kind)] = [(str(content), kind) for content, kind in message.alternatives]
        assert kind == "text/html"
        assert effects(html) == [], message.subject
        assert "\n" not in str(message.subject)
        assert message.message()["To"] in {
            "alice@example.com",
            "ada@example.com",
            "bob@example.com",
            "carol@example.com",
        }
        said |= holds(message.subject + str(message.body) + unescape(html), texts)
    assert {"referencetoken.description", "trustedapplication.name", "user.name", "reason"} <= said


@pytest.mark.parametrize("address", ["/manage/security/tokens/export/", "/manage/security/audit-log/export/"])
def test_t41_no_cell_of_an_export_is_a_formula(texts: dict[str, str], address: str) -> None:
    browser = browsers()["ada"]
    rows = list(csv.reader(io.StringIO(b"".join(browser.post(address, {"format": "csv"})).decode())))
    assert len(rows) > 5
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [cell for row in rows for cell in row if cell.startswith(FORMULA)] == []
    assert [cell for row in rows for cell in row if cell.startswith("'=")]
    lines = b"".join(browser.post(address, {"format": "jsonl"})).decode().splitlines()
    assert "=zz" in str([json.loads(line) for line in lines])


def test_t41_every_answer_of_the_api_is_json_with_what_was_typed(
    texts: dict[str, str], ids: dict[str, str], management_api: TrustedApplication
) -> None:
    ada = User.objects.get(username="ada")
    program = Program(issued_pat(ada, management_api, scopes=EVERY_SCOPE).plaintext)
    things = {name.strip("<>").partition(":")[2]: value for name, value in ids.items()}
    things |= {"delivery_id": things["message_id"], "name": "read"}
    told: set[str] = set()
    for path in [path for path, operations in described()["paths"].items() if "get" in operations]:
        answer = program.get(PARAMETER.sub(lambda name: things[name[1]], path.removeprefix("/api/v1")))
        assert answer.status_code in {200, 404}, path
        assert answer["Content-Type"].partition(";")[0] in {"application/json", "application/problem+json"}, path
        assert answer["X-Content-Type-Options"] == "nosniff", path
        told |= holds(json.dumps(answer.json(), ensure_ascii=False).replace('\\"', '"'), texts)
    # Groups of filters are the browser's alone.
    assert set(texts) - told <= {"savedfilter.name", "leakreport.place"}
