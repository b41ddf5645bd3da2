"""The filter by application finds one as its name or URI is typed, whatever their number, and keeps the others."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists.filtering import offered
from reference_tokens.lists.links import NO_LINKS
from reference_tokens.lists.section import list_section
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, issued_pat
from tests.introspection import Statements
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

OWN, ALL = "/profile/choices/own-application/", "/manage/choices/filter/"


def found(client: Client, address: str, **query: str) -> list[str]:
    """The addresses of the lists that are offered."""
    return [unescape(link) for link in re.findall(r'href="(.*?)"', client.get(address, query).content.decode())]


def of_application(name: str) -> str:
    return f"?application=com.example%2F{name}"


@pytest.fixture
def many() -> list[TrustedApplication]:
    return [
        ApplicationFactory.create(name=f"Till {number:02d}", application_uri=f"com.example/till{number:02d}")
        for number in range(30)
    ]


def test_an_administrator_finds_each_of_many_by_name_or_uri_in_any_case(
    administrator_client: Client, many: list[TrustedApplication]
) -> None:
    assert found(administrator_client, ALL, application="TILL 07") == [of_application("till07")]
    assert found(administrator_client, ALL, application="/till07") == [of_application("till07")]
    assert found(administrator_client, ALL, application=str(many[7].pk)) == [of_application("till07")]
    assert len(found(administrator_client, ALL, application="till")) == 20
    assert "More than 20 were found" in text_of(administrator_client.get(ALL, {"application": "till"}))
    assert "Nothing was found." in text_of(administrator_client.get(ALL, {"application": "none"}))


def test_the_other_filters_stay(administrator_client: Client, many: list[TrustedApplication]) -> None:
    links = found(administrator_client, ALL, application="till 07", kind="PAT", unused="30", q="a b")
    assert links == ["?kind=PAT&application=com.example%2Ftill07&q=a+b&unused=30"]


def test_people_find_the_applications_of_their_own_tokens_alone(
    alice: User, alice_client: Client, many: list[TrustedApplication]
) -> None:
    issued_pat(alice, many[3])
    issued_pat(alice, many[3])
    issued_pat(alice, many[5])
    issued_pat(UserFactory.create(), many[7])
    assert found(alice_client, OWN, application="till") == [of_application("till03"), of_application("till05")]
    assert found(alice_client, OWN, application="till07") == []
    assert found(alice_client, OWN, application=many[7].application_uri) == []
    assert found(alice_client, OWN, application=str(many[7].pk)) == []


def test_without_words_a_few_are_all_offered_and_of_many_none(
    alice: User, alice_client: Client, administrator_client: Client, many: list[TrustedApplication]
) -> None:
    issued_pat(alice, many[3])
    assert found(alice_client, OWN) == [of_application("till03")]
    assert found(administrator_client, ALL) == []
    assert "Enter a part of the name or URI." in text_of(administrator_client.get(ALL, {"application": " "}))


def test_a_token_is_not_looked_for(administrator_client: Client, many: list[TrustedApplication]) -> None:
    token = f"enrt_{'0' * 64}"
    with Statements() as statements:
        response = administrator_client.get(ALL, {"application": token}, follow=True)
    assert token not in response.content.decode() + str(statements.sql)
    assert found(administrator_client, ALL, application="\0") == []


def section(query: str) -> dict[str, Any]:
    return list_section(ReferenceToken.objects.all(), dict(parse_qsl(query)), timezone.now(), NO_LINKS)


@pytest.mark.parametrize("most", [1, 200], ids=["many", "few"])
def test_one_is_chosen_of_those_in_whose_name_or_uri_a_text_stands(
    application: TrustedApplication, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    ApplicationFactory.create(name="Überblick", application_uri="com.example/EXCEL2")
    ApplicationFactory.create(name="Archive")
    monkeypatch.setattr(offered, "APPLICATIONS_OFFERED", max(most, 2))
    form = section("application=excel&unused=9")["filters"]
    assert [link.url for link in form.applications.found] == [
        "?application=com.example%2Fexcel&unused=9",
        "?application=com.example%2FEXCEL2&unused=9",
    ]
    assert (form.applications.said, form.is_open) == ("2 were found.", True)
    for decided in ("", "com.example/excel", str(application.pk), "\u00fcBER", "nothing", "\0"):
        assert section(urlencode({"application": decided}))["filters"].applications == ([], "")
    assert [chip.text for chip in section("application=com.example/excel")["filters"].chips] == ["Application: Excel"]
