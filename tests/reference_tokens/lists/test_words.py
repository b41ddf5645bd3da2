"""One search over all that identifies a token: its texts, its id, its application, and whom it acts as."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists.finding import words
from reference_tokens.lists.finding.filters import TokenFilters
from reference_tokens.lists.finding.ways import ways_to
from reference_tokens.lists.finding.words import in_text, ways_by, words_of
from reference_tokens.lists.links import NO_LINKS
from reference_tokens.lists.section import list_section
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, issued_pat, issued_sat
from tests.introspection import Statements, plan
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def laptop(application: TrustedApplication) -> ReferenceToken:
    """A PAT of Zoë for Excel, beside a PAT of somebody else for another application."""
    zoe = UserFactory.create(username="zoe7", name="Zoë Straße", email="zoe@mail.example")
    other = ApplicationFactory.create(name="Ledger", application_uri="com.example/books")
    issued_pat(UserFactory.create(username="max", email="max@mail.test"), other, description="Phone")
    return issued_pat(zoe, application, description="Laptop").token


def found(query: str) -> list[str]:
    section = list_section(ReferenceToken.objects.all(), {"q": query}, timezone.now(), NO_LINKS, filters=("owner",))
    return [row.name for row in section["tokens"]]


@pytest.mark.parametrize(
    "query",
    [
        "laptop",
        "LAP excel",
        "example/EXCEL",
        "zoe7",
        "zoe\u0308 STRASSE",
        "zoe@mail.example",
        "excel zoe7 laptop lap",
        "zo ex la",
        "max@mail zoe7",
        "mail laptop",
        "mail zoë la",
    ],
)
@pytest.mark.parametrize(("few", "most", "told"), [(20, 1_000, 5_000), (0, 1_000, 5_000), (0, 0, 5_000), (0, 0, 0)])
def test_each_word_is_looked_for_in_all_that_identifies_a_token(
    laptop: ReferenceToken, monkeypatch: pytest.MonkeyPatch, query: str, few: int, most: int, told: int
) -> None:
    for name, number in (("FEW_PEOPLE", few), ("MOST_NAMED", most), ("MOST_TOLD", told)):
        monkeypatch.setattr(words, name, number)
    assert found(query) == ([] if "max" in query else ["Laptop"])


def test_a_token_is_found_by_its_id_and_its_hint(laptop: ReferenceToken) -> None:
    assert found(str(laptop.pk)) == found(f"excel {laptop.pk}") == found(laptop.hint) == ["Laptop"]
    assert found(f"ledger {laptop.pk}") == found(f"{laptop.hint} max") == []


def test_a_service_token_is_found_by_its_system_user_and_a_personal_one_is_not(alice: User) -> None:
    robot = UserFactory.create(username="robot", name="Night shift", system=True)
    application = ApplicationFactory.create(system_user=robot)
    issued_sat(application, description="service")
    issued_pat(alice, application, description="personal")
    assert found("robot") == found("night shift") == ["service"]


def test_people_search_their_own_tokens_alone(alice: User, alice_client: Client, laptop: ReferenceToken) -> None:
    issued_pat(alice, laptop.application, description="Mine")
    for query, count in (("excel", 1), ("mine", 1), ("zoe@mail.example", 0), ("zoe7", 0), (str(laptop.pk), 0)):
        text = text_of(alice_client.get("/profile/security/tokens/?" + urlencode({"q": query})))
        assert ("Mine" in text, "No token matches" in text, "Laptop" in text) == (bool(count), not count, False)


def test_people_are_not_looked_up_for_those_who_search_their_own_tokens(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    with Statements() as statements:
        alice_client.get("/profile/security/tokens/?q=somebody")
    assert not [sql for sql in statements.sql if "UNION ALL" in sql and "accounts_user" in sql]


@pytest.mark.parametrize(
    ("query", "ways"),
    [
        ("phone laptop", ["phone laptop"]),
        ("phone excel", ["phone / excel"]),
        ("zoe7 excel", ["", "zoe7 / excel"]),
        ("zoe7 laptop", ["", "zoe7 laptop"]),
        ("excel example", ["", "excel / example"]),
        ("la excel", ["", "excel la"]),
        ("la", ["la"]),
    ],
)
def test_the_word_that_is_likely_to_find_the_fewest_leads(laptop: ReferenceToken, query: str, ways: list[str]) -> None:
    chosen = ways_by(words_of(query.split()))
    assert len(chosen) == len(ways)
    for way, text in zip(chosen, ways, strict=True):
        leading, _slash, others = text.partition("/")
        assert (way == in_text(words_of(leading.split()), words_of(others.split()))) == bool(text)


def test_people_lead_before_applications_whose_tokens_are_many(
    laptop: ReferenceToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "FEW_PEOPLE", 0)
    excel, mail = words_of(["excel", "mail"])
    assert mail.number > excel.number
    assert ways_by([excel, mail])[-1] == in_text([mail], [excel])


def test_of_the_tokens_of_many_people_those_alone_are_read_that_the_other_people_have(
    laptop: ReferenceToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "FEW_PEOPLE", 0)
    found, _by_text = ways_to(ReferenceToken.objects.all(), TokenFilters(q="zoe7 strasse"), timezone.now()).found
    sql = str(found.query).partition(" WHERE ")[2]
    assert ("description" in sql, "reference_tokens_tokentext" in sql) == (False, True)
    if connection.vendor == "sqlite":
        assert "pat_of_holder (holder_id=?)" in plan(found.values("pk"))


@pytest.mark.parametrize("most", [0, 1_000])
def test_people_and_applications_are_looked_up_once_for_all_that_asks_for_them(
    laptop: ReferenceToken, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(words, "MOST_NAMED", most)
    ways = ways_to(ReferenceToken.objects.all(), TokenFilters(q="zoe7 excel"), timezone.now())
    for tokens in (*ways.found, ways.walked):
        assert not {"accounts_user", "trusted_apps_trustedapplication"} & set(re.findall(r"\w+", str(tokens.query)))


def test_a_text_that_is_found_by_a_word_is_not_folded_again_for_the_others(laptop: ReferenceToken) -> None:
    [found] = ways_to(ReferenceToken.objects.all(), TokenFilters(q="phone excel"), timezone.now()).found
    sql = str(found.query).partition(" WHERE ")[2]
    assert "description" not in sql
    assert "hint" not in sql


@pytest.mark.parametrize("query", ["zoe7", "zoe7 excel", "excel", "{id}"])
@pytest.mark.parametrize(("most", "told"), [(0, 0), (0, 5_000), (1_000, 5_000)])
def test_no_search_reads_every_token(
    laptop: ReferenceToken, monkeypatch: pytest.MonkeyPatch, query: str, most: int, told: int
) -> None:
    monkeypatch.setattr(words, "MOST_NAMED", most)
    monkeypatch.setattr(words, "MOST_TOLD", told)
    filters = TokenFilters(q=query.format(id=laptop.pk))
    for tokens in ways_to(ReferenceToken.objects.all(), filters, timezone.now()).found:
        steps = plan(tokens.values("pk")[:10]).replace("SCAN reference_tokens_referencetoken USING", "")
        assert "SCAN reference_tokens_referencetoken" not in steps
        assert "Seq Scan on reference_tokens_referencetoken" not in steps


@pytest.mark.parametrize(("query", "name"), [("zoe7 laptop", "holder"), ("excel laptop", "application")])
def test_whom_a_word_names_is_asked_of_the_texts_of_a_token_before_it_is_read(
    laptop: ReferenceToken, monkeypatch: pytest.MonkeyPatch, query: str, name: str
) -> None:
    monkeypatch.setattr(words, "FEW_PEOPLE", 0)
    [found] = ways_to(ReferenceToken.objects.all(), TokenFilters(q=query), timezone.now()).found
    sql = str(found.query).partition(" WHERE ")[2]
    assert f'"reference_tokens_tokentext"."{name}_id" IN' in sql
    assert "LEFT OUTER JOIN" not in str(found.query)
    assert list(found) == [laptop]


@pytest.mark.parametrize(
    ("word", "is_read"), [("laptop", False), ("FACADE", True), ("Enrt_12…AB", True), ("été", False), ("42", True)]
)
def test_no_hint_is_read_for_a_word_that_none_can_hold(word: str, is_read: bool) -> None:
    walked = ways_to(ReferenceToken.objects.all(), TokenFilters(q=word), timezone.now()).walked
    assert ('"hint"' in str(walked.query).partition(" WHERE ")[2]) == is_read


def test_the_walk_along_an_order_asks_first_for_the_word_that_names_nobody(laptop: ReferenceToken) -> None:
    walked = ways_to(ReferenceToken.objects.all(), TokenFilters(q="zoe7 phone"), timezone.now()).walked
    asked = str(walked.query).lower()
    assert asked.index("phone") < asked.index("zoe7")


def test_more_words_than_a_search_takes_are_said(laptop: ReferenceToken) -> None:
    query = {"q": " ".join(map(str, range(11)))}
    section = list_section(ReferenceToken.objects.all(), query, timezone.now(), NO_LINKS, filters=("owner",))
    assert (len(section["tokens"]), section["filters"].errors["q"]) == (2, ["Search for at most 10 words."])
