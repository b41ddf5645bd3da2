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
from tests.profile_site.token_form import options
from trusted_apps.models import Scope, TrustedApplication

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


def chosen(client: Client, application: TrustedApplication) -> Any:
    return client.post(CREATE, form_of(client.get(CREATE)) | {"choice": [str(application.pk)]})


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_first_step_asks_for_the_application_alone(
    alice_client: Client, excel: TrustedApplication, headers: dict[str, str]
) -> None:
    with Statements() as statements:
        response = alice_client.get(CREATE, headers=headers)
    assert len(response.content) < MOST_BYTES
    assert "Trusted Application Find Enter a part of the name or URI." in text_of(response)
    assert options(response) == []
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
    assert re.findall(r'name="expires"\s+value="(\w+)"', content) == ["7", "30", "custom"]
    assert re.findall(r'name="scopes" value="(\w+)"', content) == ["read", "update"]
    assert len(response.content) < MOST_BYTES


def test_a_token_is_issued_for_the_chosen_one(alice: User, alice_client: Client, excel: TrustedApplication) -> None:
    response = alice_client.post(CREATE, form_of(chosen(alice_client, excel)) | {"description": ["Laptop"]})
    assert secret_of(response).startswith("enrt_")
    token = ReferenceToken.objects.get()
    assert (token.application, token.holder, token.scopes) == (excel, alice, ("read",))


def test_a_search_without_javascript_finds_and_issues_nothing(alice_client: Client, excel: TrustedApplication) -> None:
    sent = form_of(alice_client.get(CREATE)) | {"application_search": ["EXCEL"]}
    response = alice_client.post(CREATE, sent)
    assert response.status_code == 200
    assert options(response) == [("Excel", "com.example/excel")]
    assert "1 was found." in text_of(response)
    assert "Generate token" not in text_of(response)


def test_the_answer_while_it_is_typed_has_what_is_open_to_the_person(
    alice_client: Client, excel: TrustedApplication
) -> None:
    ApplicationFactory.create(name="Excel closed", closed=True)
    ApplicationFactory.create(name="Excel for administrators", administrators_only=True)

    def found(words: str) -> list[tuple[str, str]]:
        return options(alice_client.get(CHOICES, {"application_search": words}, headers=HTMX))

    assert found("excel") == found("EXAMPLE/EXC") == [("Excel", "com.example/excel")]
    assert len(found("app")) == 20
    assert found("enrt_" + "A" * 9) == found("nowhere") == []


def test_the_recent_ones_stand_first(alice: User, bob: User, alice_client: Client, excel: TrustedApplication) -> None:
    recent = list(TrustedApplication.objects.filter(name__startswith="App").order_by("name")[:7])
    for application in [excel, *recent]:
        issued_pat(alice, application)
    issued_pat(alice, excel)
    issued_pat(bob, TrustedApplication.objects.get(name="App 0900"))
    TrustedApplication.objects.filter(pk=recent[6].pk).update(is_enabled=False)
    first = [name for name, _uri in options(alice_client.get(CREATE))]
    assert first == ["Excel", "App 0005", "App 0004", "App 0003", "App 0002"]


@pytest.mark.parametrize("value", ["x", "", "00000000-0000-0000-0000-000000000000", "a\0b"])
def test_another_application_is_not_chosen(alice_client: Client, excel: TrustedApplication, value: str) -> None:
    chosen = alice_client.post(CREATE, {"choice": value})
    sent = alice_client.post(CREATE, {"application": value, "expires": "30", "scopes": "read"})
    assert (chosen.status_code, sent.status_code) == (200, 422)
    assert re.search("Choose the application|Choose one of the listed|not a valid UUID|Null", text_of(sent))
    for response in (chosen, sent):
        assert "Generate token" not in text_of(response)
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
    response = alice_client.post(CREATE, form_of(searched) | {"choice": [str(excel.pk)]})
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


def test_what_was_typed_is_carried_on_where_the_application_was_closed_since(
    alice_client: Client, excel: TrustedApplication
) -> None:
    typed = form_of(chosen(alice_client, excel)) | {"description": ["Laptop"], "expires": ["7"]}
    TrustedApplication.objects.filter(pk=excel.pk).update(is_enabled=False)
    other = TrustedApplication.objects.get(name="App 0007")
    response = alice_client.post(CREATE, form_of(alice_client.post(CREATE, typed)) | {"choice": [str(other.pk)]})
    assert (form_of(response)["description"], form_of(response)["expires"]) == (["Laptop"], ["7"])
    assert "filled in from a link" not in text_of(response)


def test_what_was_typed_is_kept_while_another_application_is_chosen(
    alice_client: Client, excel: TrustedApplication
) -> None:
    typed = form_of(chosen(alice_client, excel)) | {"description": ["Laptop"], "expires": ["7"]}
    first = alice_client.post(CREATE, typed | {"choice": [""]})
    assert (first.status_code, errors_of(first)) == (200, [])
    assert "Generate token" not in text_of(first)
    other = TrustedApplication.objects.get(name="App 0007")
    response = alice_client.post(CREATE, form_of(first) | {"choice": [str(other.pk)]})
    fields = form_of(response)
    assert (fields["application"], fields["description"], fields["expires"]) == ([str(other.pk)], ["Laptop"], ["7"])
    assert "filled in from a link" not in text_of(response)


def test_a_choice_that_a_confirmation_interrupted_is_made_after_it(alice: User, excel: TrustedApplication) -> None:
    give_password(alice)
    client = signed_in(alice, confirmed=False)
    asked = client.post(CREATE, {"choice": str(excel.pk), "description": "Laptop"})
    confirmed = client.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    response = client.get(confirmed.headers["Location"])
    fields = form_of(response, CREATE)
    assert (fields["application"], fields["scopes"], fields["expires"]) == ([str(excel.pk)], ["read"], ["30"])
    assert fields["description"] == ["Laptop"]
    assert "filled in from a link" not in text_of(response)


def test_a_few_applications_are_all_offered_and_of_one_the_form_is_there_at_once(alice_client: Client) -> None:
    ApplicationFactory.create()
    assert "Generate token" in text_of(alice_client.get(CREATE))
    assert "Choose another application" not in text_of(alice_client.get(CREATE))
    ApplicationFactory.create_batch(19)
    assert len(options(alice_client.get(CREATE))) == 20
    ApplicationFactory.create()
    assert options(alice_client.get(CREATE)) == []


def test_nothing_of_other_applications_is_in_the_form(alice_client: Client, application: TrustedApplication) -> None:
    Scope.objects.create(name="print", description="Print things.")
    ApplicationFactory.create(name="Printer", scopes=("print",), allows_tokens_without_expiry=True)
    content = chosen(alice_client, application).content.decode()
    assert "Generate token" in content
    assert not re.search(r"Printer|\bprint\b|never", content)
