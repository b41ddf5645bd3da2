"""Creating a PAT where many applications are open: one is found and chosen first, and the form follows from it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import PASSWORD, ApplicationFactory, issued_pat
from tests.introspection import Statements
from tests.pages import CONFIRM_URL, HTMX, errors_of, form_of, give_password, next_of, secret_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

CREATE = "/profile/security/tokens/new/"
CHOICES = "/profile/choices/application/"
MOST_BYTES = 24 * 1024


@pytest.fixture
def excel() -> TrustedApplication:
    """One of many applications, with rules of its own."""
    TrustedApplication.objects.bulk_create(
        TrustedApplication(
            name=f"App {number:04d}",
            application_uri=f"com.example/app{number:04d}",
            scopes=("read", "print"),
            access_tokens_policy="AuthenticatedUsers",
            allows_tokens_without_expiry=True,
        )
        for number in range(1200)
    )
    return ApplicationFactory.create(
        name="Excel", application_uri="com.example/excel", scopes=("read", "update"), max_lifetime_days=30
    )


def boxes(response: Any) -> list[str]:
    return re.findall(r'<input type="radio" name="application" [^>]*>\s*<bdi>(.*?)<', response.content.decode())


def chosen(client: Client, application: TrustedApplication) -> Any:
    return client.post(CREATE, form_of(client.get(CREATE)) | {"application": [str(application.pk)]})


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_first_step_asks_for_the_application_alone(
    alice_client: Client, excel: TrustedApplication, headers: dict[str, str]
) -> None:
    with Statements() as statements:
        response = alice_client.get(CREATE, headers=headers)
    assert len(response.content) < MOST_BYTES
    assert "Trusted Application Find applications by name or URI" in text_of(response)
    assert boxes(response) == []
    assert "Generate token" not in text_of(response)
    assert len([sql for sql in statements.sql if sql.startswith("SELECT")]) <= 10


def test_the_second_step_is_the_form_of_the_chosen_one(alice_client: Client, excel: TrustedApplication) -> None:
    response = chosen(alice_client, excel)
    assert (response.status_code, errors_of(response)) == (200, [])
    words = text_of(response)
    assert "Trusted Application Excel com.example/excel Choose another application" in words
    assert "Generate token" in words
    assert "filled in from a link" not in words
    content = response.content.decode()
    assert re.findall(r'name="expires" value="(\w+)"', content) == ["7", "30", "custom"]
    assert re.findall(r'name="scopes" value="(\w+)"', content) == ["read", "update"]
    assert len(response.content) < MOST_BYTES


def test_a_token_is_issued_for_the_chosen_one(alice: User, alice_client: Client, excel: TrustedApplication) -> None:
    response = alice_client.post(CREATE, form_of(chosen(alice_client, excel)) | {"description": ["Laptop"]})
    assert secret_of(response).startswith("enrt_")
    token = ReferenceToken.objects.get()
    assert (token.application, token.holder, token.scopes) == (excel, alice, ("read",))


def test_a_search_without_javascript_keeps_what_is_ticked_and_issues_nothing(
    alice_client: Client, excel: TrustedApplication
) -> None:
    ticked = TrustedApplication.objects.get(name="App 0007")
    sent = form_of(alice_client.get(CREATE)) | {"application": [str(ticked.pk)], "application_search": ["EXCEL"]}
    response = alice_client.post(CREATE, sent)
    assert response.status_code == 200
    assert boxes(response) == ["App 0007 (com.example/app0007)", "Excel (com.example/excel)"]
    assert form_of(response)["application"] == [str(ticked.pk)]
    assert "Generate token" not in text_of(response)


def test_the_answer_while_it_is_typed_has_what_is_open_to_the_person(
    alice_client: Client, excel: TrustedApplication
) -> None:
    ApplicationFactory.create(name="Excel closed", closed=True)
    ApplicationFactory.create(name="Excel for administrators", administrators_only=True)
    assert boxes(alice_client.get(CHOICES, {"application_search": "excel"}, headers=HTMX)) == [
        "Excel (com.example/excel)"
    ]
    assert len(boxes(alice_client.get(CHOICES, {"application_search": "app"}, headers=HTMX))) == 20
    assert boxes(alice_client.get(CHOICES, {"application_search": "enrt_" + "A" * 9}, headers=HTMX)) == []


@pytest.mark.parametrize("value", ["x", "", "00000000-0000-0000-0000-000000000000", "a\0b"])
def test_another_application_is_not_chosen(alice_client: Client, excel: TrustedApplication, value: str) -> None:
    for choosing in ({"choosing": "1"}, {}):
        response = alice_client.post(CREATE, {"application": value, "expires": "30", "scopes": "read"} | choosing)
        assert response.status_code == (200 if choosing else 422)
        assert "Generate token" not in text_of(response)
        assert re.search("Choose the application|Choose one of the listed|not a valid UUID|Null", text_of(response))
    assert not ReferenceToken.objects.exists()


def test_pol3_one_that_was_closed_since_is_refused(alice_client: Client, excel: TrustedApplication) -> None:
    sent = form_of(chosen(alice_client, excel))
    TrustedApplication.objects.filter(pk=excel.pk).update(is_enabled=False)
    response = alice_client.post(CREATE, sent)
    assert response.status_code == 422
    assert "Choose one of the listed applications." in text_of(response)
    assert not ReferenceToken.objects.exists()


def test_a_link_that_names_the_application_leads_to_its_form(alice_client: Client, excel: TrustedApplication) -> None:
    response = alice_client.get(f"{CREATE}?application=com.example/EXCEL&scopes=update&expires=7&description=Laptop")
    fields = form_of(response)
    assert (fields["application"], fields["scopes"], fields["expires"]) == ([str(excel.pk)], ["update"], ["7"])
    assert "This form was filled in from a link." in text_of(response)


def test_what_a_link_asks_for_is_carried_on_while_the_application_is_chosen(
    alice_client: Client, excel: TrustedApplication
) -> None:
    first = alice_client.get(f"{CREATE}?scopes=update&scopes=print&expires=7&description=Laptop&application=x/y")
    assert "The application x/y in the link is not available to you and was ignored." in text_of(first)
    searched = alice_client.post(CREATE, form_of(first) | {"application_search": ["excel"]})
    response = alice_client.post(CREATE, form_of(searched) | {"application": [str(excel.pk)]})
    fields = form_of(response)
    assert (fields["description"], fields["scopes"], fields["expires"]) == (["Laptop"], ["update"], ["7"])
    assert "This form was filled in from a link." in text_of(response)
    assert "print in the link was ignored: Excel does not offer it" in text_of(response)


def test_t37_a_token_in_a_link_is_not_carried_on(alice: User, alice_client: Client, excel: TrustedApplication) -> None:
    token = issued_pat(alice, excel).plaintext
    response = alice_client.get(CREATE, {"description": token}, follow=True)
    assert "description" not in form_of(response)


def test_what_was_typed_comes_back_after_confirming(alice: User, excel: TrustedApplication) -> None:
    typed = form_of(chosen(signed_in(alice), excel)) | {"description": ["Laptop"], "scopes": ["update"]}
    give_password(alice)
    client = signed_in(alice, confirmed=False)
    confirmed = client.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(client.post(CREATE, typed))})
    fields = form_of(client.get(confirmed.headers["Location"]), CREATE)
    assert (fields["application"], fields["description"], fields["scopes"]) == (
        [str(excel.pk)],
        ["Laptop"],
        ["update"],
    )


def test_a_few_applications_are_all_in_the_form(alice_client: Client) -> None:
    ApplicationFactory.create_batch(20)
    response = alice_client.get(CREATE)
    assert response.content.decode().count("<option") == 21
    assert "Generate token" in text_of(response)
    ApplicationFactory.create()
    assert "Generate token" not in text_of(alice_client.get(CREATE))
