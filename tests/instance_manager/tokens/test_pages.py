"""Tokens in the hands of an administrator: SATs of an application, and revoking any token."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, alter, issued_pat, issued_sat
from tests.pages import HTMX, TOKEN, errors_of, form_of, secret_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def page_of(application: TrustedApplication) -> str:
    return f"/manage/security/trusted-apps/{application.pk}/"


def new_of(application: TrustedApplication) -> str:
    return f"{page_of(application)}tokens/new/"


def revoke_of(token: ReferenceToken) -> str:
    return f"/manage/security/tokens/{token.pk}/revoke/"


def create(client: Client, application: TrustedApplication, /, **changes: Any) -> Any:
    return client.post(new_of(application), form_of(client.get(new_of(application))) | changes)


# --- Creating --------------------------------------------------------------------------------------------------------


def test_the_form_names_the_application_and_whom_the_token_acts_as(
    administrator_client: Client, application: TrustedApplication
) -> None:
    response = administrator_client.get(new_of(application))
    words = text_of(response)
    assert application.system_user
    assert "New application access token" in words
    assert f"It acts as the System User {application.system_user.name_beside_others}, not as you." in words
    assert "Trusted Application Excel com.example/excel" in words
    assert 'name="application"' not in response.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_sat_is_issued_and_shown_once(
    administrator: User, administrator_client: Client, application: TrustedApplication, headers: Any
) -> None:
    sent = form_of(administrator_client.get(new_of(application))) | {"description": ["Nightly <b>"]}
    response = administrator_client.post(new_of(application), sent, headers=headers)
    secret, token = secret_of(response), ReferenceToken.objects.get()
    assert TOKEN.findall(response.content.decode()) == [secret] * 3
    assert response.headers["Cache-Control"] == "no-store"
    assert (token.kind, token.holder, token.issuer, token.application) == ("SAT", None, administrator, application)
    assert "<b>" not in response.content.decode()
    assert ('hx-swap-oob="true"' in response.content.decode()) is bool(headers)
    assert secret not in administrator_client.get(page_of(application)).content.decode()


def test_t12_another_application_holder_or_kind_in_the_form_changes_nothing(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    other = ApplicationFactory.create(with_system_user=True)
    create(
        administrator_client,
        application,
        application=[str(other.pk)],
        kind=["PAT"],
        holder=[str(alice.pk)],
        system_user=[str(alice.pk)],
    )
    token = ReferenceToken.objects.get()
    assert (token.kind, token.holder, token.application) == ("SAT", None, application)


def test_an_invalid_form_is_422_and_keeps_what_was_typed(
    administrator_client: Client, application: TrustedApplication
) -> None:
    response = create(administrator_client, application, scopes=[], description=["Nightly"])
    assert (response.status_code, errors_of(response)) == (422, ["Choose at least one scope."])
    assert form_of(response)["description"] == ["Nightly"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"access_tokens_policy": "None"}, "Its AccessTokens policy is None"),
        ({"is_enabled": False}, "The application is disabled."),
        ({"system_user": None}, "It has no System User"),
    ],
)
def test_pol3_a_form_that_was_opened_before_the_change_issues_nothing(
    administrator_client: Client, application: TrustedApplication, columns: dict[str, Any], reason: str
) -> None:
    sent = form_of(administrator_client.get(new_of(application)))
    TrustedApplication.objects.update(**columns)
    response = administrator_client.post(new_of(application), sent)
    assert response.status_code == 422
    assert reason in text_of(response)
    assert not ReferenceToken.objects.exists()


@pytest.mark.parametrize(
    ("days", "ticked"), [(366, "30"), (30, "30"), (29, "7"), (7, "7"), (6, "custom"), (1, "custom")]
)
def test_tok5_the_maximum_removes_longer_choices_and_moves_the_default(
    administrator_client: Client, application: TrustedApplication, days: int, ticked: str
) -> None:
    TrustedApplication.objects.update(max_lifetime_days=days)
    response = administrator_client.get(new_of(application))
    assert form_of(response)["expires"] == [ticked]
    words = text_of(response)
    assert [preset for preset in (7, 30, 60, 90, 365) if f" {preset} days" in words] == [
        preset for preset in (7, 30, 60, 90, 365) if preset <= days
    ]
    refused = create(administrator_client, application, expires=["365"])
    assert refused.status_code == (200 if days >= 365 else 422)


def test_an_application_without_scopes_says_so(administrator_client: Client, application: TrustedApplication) -> None:
    TrustedApplication.objects.update(scopes="")
    assert "This application offers no scope yet." in text_of(administrator_client.get(new_of(application)))


def test_t5_the_same_form_twice_and_again(administrator_client: Client, application: TrustedApplication) -> None:
    sent = form_of(administrator_client.get(new_of(application)))
    first = secret_of(administrator_client.post(new_of(application), sent))
    asked = administrator_client.post(new_of(application), sent)
    assert "Did you not see it?" in text_of(asked)
    again = form_of(asked)
    assert secret_of(administrator_client.post(new_of(application), again)) != first
    assert "Did you not see it?" in text_of(administrator_client.post(new_of(application), again))
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 1


# --- Revoking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_get_asks_for_a_reason_and_changes_nothing(
    alice: User, administrator_client: Client, application: TrustedApplication, headers: Any
) -> None:
    token = issued_pat(alice, application, description="Laptop").token
    response = administrator_client.get(revoke_of(token), headers=headers)
    words = text_of(response)
    assert "Revoke “Laptop”?" in words
    assert "Acts as Alice" in words
    assert 'name="reason"' in response.content.decode()
    assert ReferenceToken.objects.filter(revoked_at=None).exists()


@pytest.mark.parametrize("kind", ["PAT", "SAT"])
def test_an_administrator_revokes_any_token_with_a_reason(
    alice: User, administrator: User, administrator_client: Client, application: TrustedApplication, kind: str
) -> None:
    token = (issued_pat(alice, application) if kind == "PAT" else issued_sat(application)).token
    response = administrator_client.post(revoke_of(token), {"reason": " Leaked <i> "})
    assert (response.status_code, response.headers["Location"]) == (302, page_of(application))
    token.refresh_from_db()
    assert (token.revoked_by, token.revocation_source) == (administrator, "manage")
    assert token.revocation_reason == "Leaked <i>"
    content = administrator_client.get(f"{page_of(application)}?state=ended").content.decode()
    assert "Revoked by Ada (ada): Leaked &lt;i&gt;" in content
    assert "What uses it fails from now on." in content


def test_the_holder_reads_who_revoked_it_and_why(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    administrator_client.post(revoke_of(issued_pat(alice, application).token), {"reason": "Leaked"})
    page = signed_in(alice).get("/profile/security/tokens/?state=ended")
    assert "Revoked by Ada (ada): Leaked" in text_of(page)


def test_htmx_gets_the_list_of_the_application_and_the_message(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application, description="Laptop").token
    issued_sat(application, description="Nightly")
    response = administrator_client.post(revoke_of(token), {"reason": ""}, headers=HTMX)
    assert response.content.decode().strip().startswith('<section id="tokens" class="list" hx-swap-oob="true"')
    words = text_of(response)
    assert "Laptop was revoked." in words
    assert "Nightly" in words
    assert "1 token" in words


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("reason", ["x" * 201, "a\u202eb", "a\nb"])
def test_a_reason_that_cannot_be_kept_is_422_and_nothing_is_revoked(
    alice: User, administrator_client: Client, application: TrustedApplication, reason: str, headers: Any
) -> None:
    token = issued_pat(alice, application).token
    response = administrator_client.post(revoke_of(token), {"reason": reason}, headers=headers)
    assert response.status_code == 422
    assert 'href="#id_reason"' in response.content.decode()
    assert ReferenceToken.objects.filter(revoked_at=None).exists()


def test_revoking_twice_is_no_error_and_keeps_the_first_reason(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    for reason in ("first", "second"):
        assert administrator_client.post(revoke_of(token), {"reason": reason}).status_code == 302
    assert ReferenceToken.objects.get().revocation_reason == "first"
    assert AuditEvent.objects.filter(action="token:revoke").count() == 1


def test_t10_a_person_who_is_no_administrator_revokes_nothing_here(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    assert alice_client.post(revoke_of(token)).status_code == 403
    assert ReferenceToken.objects.get().revoked_at is None


# --- Poisoned names (T41) --------------------------------------------------------------------------------------------

POISON = "<script>x</script>\"'><img src=x onerror=y>{{ 7|add:1 }}"


def test_t41_every_text_that_people_type_stands_escaped_on_every_page(
    alice: User, administrator: User, server: Any
) -> None:
    application = ApplicationFactory.create(
        name=POISON, application_uri="com.example/x", description=POISON, with_system_user=True
    )
    User.objects.update(name=POISON)
    application.owners.add(alice)
    server.name = POISON
    server.save()
    pat, sat = issued_pat(alice, application, description=POISON), issued_sat(application)
    alter(pat.token, last_used_at=timezone.now(), last_used_server=server)
    alter(sat.token, revoked_at=timezone.now(), revoked_by=administrator, revocation_reason=POISON)
    administrator.refresh_from_db()
    admin, person = signed_in(administrator), signed_in(User.objects.get(pk=alice.pk))
    mine, app = "/profile/security/tokens/", page_of(application)
    pages = [
        *[(person, address) for address in ("/profile/", mine, f"{mine}new/", f"{mine}{pat.token.pk}/revoke/")],
        *[(admin, address) for address in ("/manage/", "/manage/security/trusted-apps/", app, f"{app}?state=ended")],
        *[(admin, address) for address in (f"{app}edit/", f"{app}tokens/new/", revoke_of(pat.token))],
        (admin, "/manage/security/resource-servers/"),
        (person, "/manage/"),
    ]
    for client, address in pages:
        for headers in ({}, HTMX):
            content = client.get(address, headers=headers).content.decode()
            assert not [bad for bad in ("<script>x", "<img", "onerror=y>{{ 7|add:1 }}<") if bad in content], address
    answers = [
        person.post(f"{mine}new/", form_of(person.get(f"{mine}new/")) | {"application": [str(application.pk)]}),
        person.post(f"{mine}{pat.token.pk}/revoke/", headers=HTMX),
        admin.post(f"{app}edit/", form_of(admin.get(f"{app}edit/")), follow=True),
        admin.post(revoke_of(sat.token), {"reason": POISON}, headers=HTMX),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert "&lt;script&gt;" in answer.content.decode()
        assert not [bad for bad in ("<script>x", "<img") if bad in answer.content.decode()]
