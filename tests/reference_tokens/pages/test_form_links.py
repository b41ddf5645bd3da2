"""Links that fill in the form that issues a token: what they may, what is left out, and what the form says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.issuing.form_links import prefill_from_link
from tests.factories import PASSWORD, ApplicationFactory
from tests.pages import CONFIRM_URL, HTMX, form_of, give_password, next_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOW = datetime(2026, 11, 23, 12, 0, 30, 999, tzinfo=UTC)
CREATE = "/profile/security/tokens/new/"
EXPIRY = "The expiration time in the link was ignored: "
BY_A_LINK = "This form was filled in from a link. Check it before you generate the token."


@pytest.fixture
def excel() -> TrustedApplication:
    return ApplicationFactory.create(application_uri="com.example/excel", name="Excel", scopes=("read", "update"))


def values_of(query: str, application: TrustedApplication) -> dict[str, Any]:
    prefill = prefill_from_link(QueryDict(query), application, NOW)
    assert prefill.left_out == []
    assert prefill.notes == ([BY_A_LINK] if prefill.values else [])
    return prefill.values


def left_out(query: str, application: TrustedApplication) -> str:
    prefill = prefill_from_link(QueryDict(query), application, NOW)
    assert prefill.values == {}
    (text,) = prefill.left_out
    assert prefill.notes == [BY_A_LINK, text]
    return text


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {}),
        ("utm_source=mail&request_key=x&replaces=y&user=z&kind=SAT&typed=1", {}),
        ("description=&application=&expires=&expires_at=&scopes=", {}),
        ("description=My+laptop", {"description": "My laptop"}),
        ("expires=7", {"expires": "7"}),
        ("expires=45", {"expires": "custom", "expires_at": "2027-01-07T12:00"}),
        ("expires=366", {"expires": "custom", "expires_at": "2027-11-24T12:00"}),
        ("expires=2027-01-31T12:00", {"expires": "custom", "expires_at": "2027-01-31T12:00"}),
        ("expires=2027-01-31T12:00:00Z", {"expires": "custom", "expires_at": "2027-01-31T12:00"}),
        ("expires=2027-01-31T12:00%2B02:00", {"expires": "custom", "expires_at": "2027-01-31T10:00"}),
        ("expires=2027-01-31T12:00+02:00", {"expires": "custom", "expires_at": "2027-01-31T10:00"}),
        ("expires=2027-01-31", {"expires": "custom", "expires_at": "2027-01-31T00:00"}),
        ("expires=custom&expires_at=2027-01-31T12:00", {"expires": "custom", "expires_at": "2027-01-31T12:00"}),
        ("expires_at=2027-01-31T12:00", {"expires": "custom", "expires_at": "2027-01-31T12:00"}),
        ("scopes=update&scopes=read", {"scopes": ["update", "read"]}),
        ("scopes=read+update+read", {"scopes": ["read", "update"]}),
        ("scopes=read,update", {"scopes": ["read", "update"]}),
        ("scopes=,read,", {"scopes": ["read"]}),
    ],
)
def test_a_link_fills_in_what_the_application_allows(
    excel: TrustedApplication, query: str, values: dict[str, Any]
) -> None:
    assert values_of(query, excel) == values


def test_a_link_names_the_application_by_its_id_or_its_uri_in_any_case(excel: TrustedApplication) -> None:
    for name in (str(excel.pk), str(excel.pk).upper(), "com.example/excel", "COM.example/Excel"):
        assert values_of(f"application={name}", excel) == {"application": str(excel.pk)}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("description=" + "x" * 201, "The description in the link has more than 200 characters and was ignored."),
        ("description=a%00b", "The description in the link contains invisible characters and was ignored."),
        ("description=%E2%80%AEevil", "The description in the link contains invisible characters and was ignored."),
        (
            "application=com.example/other",
            "The application com.example/other in the link is not available to you and was ignored.",
        ),
        (
            "application=Call+this+number",
            "The application in the link is not available to you and was ignored.",
        ),
        (
            "application=" + "x" * 65,
            "The application in the link is not available to you and was ignored.",
        ),
        (
            "scopes=admin",
            "The scope admin in the link was ignored: Excel does not offer it.",
        ),
        (
            "scopes=admin+root",
            "The scopes admin, root in the link were ignored: Excel does not offer them.",
        ),
        ("scopes=READ", "The scope READ in the link was ignored: Excel does not offer it."),
        ("scopes=%00+%C5%82+" + "x" * 65, "The scopes in the link are not available and were ignored."),
        (
            "expires=367",
            EXPIRY + "A token of Excel lives 366 days at most: choose 2027-11-24 12:00 (UTC) or earlier.",
        ),
        (
            "expires=never",
            EXPIRY + "Excel does not allow tokens without expiry: choose an expiration time.",
        ),
        (
            "expires=0",
            EXPIRY + "The expiration time has passed: choose a later one.",
        ),
        *[
            (f"expires={text}", "The expiration time in the link is not valid and was ignored.")
            for text in ("soon", "-7", "7.5", "999999", "%D9%A7", "0001-01-01T00:00%2B02:00", "2027-13-01", "custom")
        ],
    ],
)
def test_what_is_not_allowed_is_left_out_with_a_word(excel: TrustedApplication, query: str, text: str) -> None:
    assert left_out(query, excel) == text


def test_a_long_list_of_unknown_scopes_is_cut(excel: TrustedApplication) -> None:
    text = left_out("scopes=" + "+".join(f"s{number:02}" for number in range(50)), excel)
    assert "s09 in the link were ignored: Excel" in text


def test_the_rest_of_a_link_holds_where_a_part_is_left_out(excel: TrustedApplication) -> None:
    query = "application=com.example/excel&scopes=print,read&expires=never&description=Laptop"
    prefill = prefill_from_link(QueryDict(query), excel, NOW)
    assert prefill.values == {"application": str(excel.pk), "scopes": ["read"], "description": "Laptop"}
    assert len(prefill.left_out) == 2


def test_a_scope_may_hold_a_comma() -> None:
    word = ApplicationFactory.create(scopes=("a,b", "print"))
    assert values_of("scopes=print a,b", word) == {"scopes": ["print", "a,b"]}


def test_without_an_application_nothing_is_filled_in() -> None:
    assert prefill_from_link(QueryDict("expires=7&scopes=read"), None, NOW).notes == []


# --- On the pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_link_shows_the_form_filled_in_and_issues_nothing(
    alice_client: Client, application: TrustedApplication, headers: dict[str, str]
) -> None:
    link = f"{CREATE}?application=com.example/excel&scopes=update,admin&description=Laptop&expires=90"
    response = alice_client.get(link, headers=headers)
    words = text_of(response)
    assert BY_A_LINK in words
    assert "The scope admin in the link was ignored: Excel does not offer it." in words
    fields = form_of(response, CREATE)
    shown = {name: fields[name] for name in ("application", "scopes", "description", "expires")}
    assert shown == {
        "application": [str(application.pk)],
        "scopes": ["update"],
        "description": ["Laptop"],
        "expires": ["90"],
    }
    assert not ReferenceToken.objects.exists()
    alice_client.post(CREATE, fields)
    assert ReferenceToken.objects.get().scopes == ("update",)


def test_a_link_fills_in_the_form_of_a_service_access_token_too(
    administrator_client: Client, application: TrustedApplication
) -> None:
    address = f"/manage/security/trusted-apps/{application.pk}/tokens/new/"
    response = administrator_client.get(f"{address}?scopes=update&expires=60&application=com.example/word")
    assert BY_A_LINK in text_of(response)
    assert "The application com.example/word in the link is not available to you" in text_of(response)
    fields = form_of(response, address)
    assert (fields["scopes"], fields["expires"]) == (["update"], ["60"])


def test_without_a_link_nothing_is_said(alice_client: Client, application: TrustedApplication) -> None:
    assert "filled in from a link" not in text_of(alice_client.get(CREATE))


def come_back(client: Client, fields: dict[str, list[str]], address: str = CREATE) -> str:
    """Send a form too late, confirm, and say where that leads."""
    asked = client.post(address, fields)
    confirmed = client.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    return str(confirmed.headers["Location"])


def test_what_was_typed_comes_back_as_it_was_and_without_the_note(alice: User, application: TrustedApplication) -> None:
    give_password(alice)
    typed = form_of(signed_in(alice).get(CREATE)) | {"expires": ["custom"], "expires_at": ["2020-01-01T00:00"]}
    client = signed_in(alice, confirmed=False)
    response = client.get(come_back(client, typed | {"scopes": [], "application": [str(application.pk)]}))
    assert "filled in from a link" not in text_of(response)
    fields = form_of(response, CREATE)
    assert (fields["expires"], fields["expires_at"]) == (["custom"], ["2020-01-01T00:00"])
    assert "scopes" not in fields


def test_a_link_cannot_pass_for_what_was_typed(
    alice: User, alice_client: Client, bob: User, application: TrustedApplication
) -> None:
    """Not with a made-up signature, one of another address, or one that was made for somebody else."""
    give_password(bob)
    theirs = signed_in(bob, confirmed=False)
    address = come_back(theirs, form_of(signed_in(bob).get(CREATE)) | {"description": ["Of bob"]})
    assert "filled in from a link" not in text_of(theirs.get(address))
    assert "filled in from a link" in text_of(theirs.get(address.replace("bob", "eve")))
    for link in (
        address,
        f"{CREATE}?description=x&typed=",
        f"{CREATE}?description=x&typed=x",
        f"{CREATE}?typed=&expires=7",
    ):
        assert "filled in from a link" in text_of(alice_client.get(link))


def test_revoke_it_and_create_again_still_revokes_after_it_was_confirmed(
    alice: User, application: TrustedApplication
) -> None:
    give_password(alice)
    fresh = signed_in(alice)
    typed = form_of(fresh.get(CREATE)) | {"application": [str(application.pk)]}
    fresh.post(CREATE, typed)
    again = form_of(fresh.post(CREATE, typed))
    client = signed_in(alice, confirmed=False)
    response = client.get(come_back(client, again))
    assert "This form has already issued a token. It is revoked when you generate this one." in text_of(response)
    fields = form_of(response, CREATE)
    wrong = client.post(CREATE, fields | {"scopes": []})
    assert wrong.status_code == 422
    assert "is revoked when you generate this one" in text_of(wrong)
    assert client.post(CREATE, form_of(wrong) | {"scopes": ["read"]}).status_code == 200
    assert ReferenceToken.objects.count() == 2
    assert ReferenceToken.objects.get(revoked_at=None).replaces is None
    assert ReferenceToken.objects.exclude(revoked_at=None).get().why_revoked.in_words() == "Its value was never seen"


def test_a_link_cannot_make_a_form_revoke(alice_client: Client, application: TrustedApplication) -> None:
    typed = form_of(alice_client.get(CREATE)) | {"application": [str(application.pk)]}
    alice_client.post(CREATE, typed)
    token = ReferenceToken.objects.get()
    link = f"{CREATE}?application={application.pk}&replaces={token.pk}&request_key={token.request_key}"
    fields = form_of(alice_client.get(link), CREATE)
    assert "replaces" not in fields
    assert alice_client.post(CREATE, fields).status_code == 200
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 2
