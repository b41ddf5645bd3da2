"""Creating a PAT: what the form offers, what it refuses, and the one time that the token is seen."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import PASSWORD, ApplicationFactory, UserFactory, issued_pat
from tests.pages import (
    CONFIRM_URL,
    HTMX,
    TOKEN,
    Fields,
    errors_of,
    form_of,
    give_password,
    next_of,
    secret_of,
    signed_in,
    text_of,
)
from trusted_apps.models import AccessTokensPolicy, Scope, TrustedApplication

pytestmark = pytest.mark.django_db

CREATE = "/profile/security/tokens/new/"
LIST = "/profile/security/tokens/"
NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)


def filled_in(client: Client, application: TrustedApplication, /, **changes: Any) -> Fields:
    """The form as it is shown, with an application chosen and these changes."""
    fields = form_of(client.get(CREATE))
    return fields | {"application": [str(application.pk)], "description": ["Laptop"]} | changes


def create(client: Client, application: TrustedApplication, /, **changes: Any) -> Any:
    return client.post(CREATE, filled_in(client, application, **changes))


# --- What the form offers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_administrator", [False, True])
def test_pol3_the_form_offers_exactly_the_applications_open_to_the_person(
    alice: User, alice_client: Client, is_administrator: bool
) -> None:
    User.objects.update(is_administrator=is_administrator)
    for policy in AccessTokensPolicy:
        ApplicationFactory.create(name=f"{policy}", access_tokens_policy=policy)
        ApplicationFactory.create(name=f"{policy} disabled", access_tokens_policy=policy, disabled=True)
    content = alice_client.get(CREATE).content.decode()
    offered = {
        application.name
        for application in TrustedApplication.objects.all()
        if f'<option value="{application.pk}">{application.name}</option>' in content
    }
    assert offered == {"AuthenticatedUsers"} | ({"AdministratorsOnly"} if is_administrator else set())


@pytest.mark.parametrize("trait", ["closed", "administrators_only", "disabled"])
def test_pol3_another_application_is_refused_on_submit(
    alice_client: Client, application: TrustedApplication, trait: str
) -> None:
    other = ApplicationFactory.create(**{trait: True})
    response = create(alice_client, application, application=[str(other.pk)])
    assert response.status_code == 422
    assert errors_of(response) == ["Choose one of the listed applications."]
    assert not ReferenceToken.objects.exists()


@pytest.mark.parametrize("value", ["", "x", "\0", "00000000-0000-0000-0000-000000000000", "1", "x" * 5000])
def test_what_is_no_application_is_refused(alice_client: Client, application: TrustedApplication, value: str) -> None:
    response = create(alice_client, application, application=[value])
    assert response.status_code == 422
    assert 'href="#id_application"' in response.content.decode()
    assert not ReferenceToken.objects.exists()


def test_tok5_tok6_thirty_days_and_reading_are_ticked_and_nothing_else(
    alice_client: Client, application: TrustedApplication
) -> None:
    fields = form_of(alice_client.get(CREATE))
    assert (fields["expires"], fields["scopes"], fields["description"]) == (["30"], ["read"], [""])
    assert uuid.UUID(fields["request_key"][0])


def test_each_form_has_a_request_key_of_its_own(alice_client: Client, application: TrustedApplication) -> None:
    keys = {form_of(alice_client.get(CREATE))["request_key"][0] for _time in range(3)}
    assert len(keys) == 3


def test_where_no_application_is_open_the_form_says_who_can_change_that(
    alice_client: Client, administrator_client: Client
) -> None:
    ApplicationFactory.create(closed=True)
    for client in (alice_client, administrator_client):
        response = client.get(CREATE)
        assert "An administrator can change an application's AccessTokens policy." in text_of(response)
        assert "Generate token" not in text_of(response)
    assert "/manage/security/trusted-apps/" not in alice_client.get(CREATE).content.decode()
    assert 'href="/manage/security/trusted-apps/"' in administrator_client.get(CREATE).content.decode()


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("description=My%20laptop", "description", ["My laptop"]),
        ("expires=7", "expires", ["7"]),
        ("expires=custom&expires_at=2027-01-31T12:00", "expires_at", ["2027-01-31T12:00"]),
        ("scopes=update&scopes=read", "scopes", ["read", "update"]),
        ("scopes=read+update", "scopes", ["read", "update"]),
        ("expires=", "expires", ["30"]),
        ("expires=never", "expires", ["30"]),
        ("expires=9999", "expires", ["30"]),
        ("request_key=00000000-0000-0000-0000-000000000000", "description", [""]),
    ],
)
def test_an_address_may_fill_in_the_form(
    alice_client: Client, application: TrustedApplication, query: str, name: str, value: list[str]
) -> None:
    fields = form_of(alice_client.get(f"{CREATE}?{query}"), CREATE)
    assert fields[name] == value
    assert fields["request_key"] != ["00000000-0000-0000-0000-000000000000"]


def test_an_address_may_choose_the_application(alice_client: Client, application: TrustedApplication) -> None:
    assert form_of(alice_client.get(f"{CREATE}?application={application.pk}"), CREATE)["application"] == [
        str(application.pk)
    ]


@pytest.mark.parametrize(
    "query", ["application=%00", "application=x", "expires_at=%00x", "description=%00", "scopes=%00"]
)
def test_an_address_full_of_nonsense_is_shown_without_harm(
    alice_client: Client, application: TrustedApplication, query: str
) -> None:
    assert alice_client.get(f"{CREATE}?{query}").status_code == 200
    assert not ReferenceToken.objects.exists()


# --- What comes out --------------------------------------------------------------------------------------------------


def test_a_token_is_issued_for_the_person_as_the_form_says(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    response = create(alice_client, application, scopes=["read", "update"], expires=["7"])
    token = ReferenceToken.objects.get()
    assert response.status_code == 200
    assert (token.kind, token.holder, token.issuer, token.application) == ("PAT", alice, alice, application)
    assert (token.description, token.scopes) == ("Laptop", ("read", "update"))


@pytest.mark.parametrize("days", [7, 30, 60, 90, 365])
def test_tok5_each_choice_shows_and_means_its_instant(alice: User, application: TrustedApplication, days: int) -> None:
    with time_machine.travel(NOW, tick=False), timezone.override("Pacific/Auckland"):
        client = signed_in(alice)
        shown = text_of(client.get(CREATE))
        create(client, application, expires=[str(days)])
    token = ReferenceToken.objects.get()
    assert token.expires_at == NOW + timedelta(days=days)
    assert f"{days} days {token.expires_at:%-d %b %Y, %H:%M}" in shown


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/New_York"])
@pytest.mark.parametrize(
    "typed",
    [
        "2026-12-24T18:30",
        # Neither exists on the clocks of New York or Auckland, or each does twice.
        "2027-03-14T02:30",
        "2027-09-26T02:30",
        "2027-11-07T01:30",
        "2027-04-04T02:30",
        "2027-04-04T02:30:15",
    ],
)
def test_t6_an_instant_of_ones_own_means_utc_wherever_one_is(
    alice: User, application: TrustedApplication, settings: Settings, typed: str, zone: str
) -> None:
    settings.TIME_ZONE = zone
    with time_machine.travel(NOW, tick=False), timezone.override(zone):
        response = create(signed_in(alice), application, expires=["custom"], expires_at=[typed])
    assert response.status_code == 200
    assert ReferenceToken.objects.get().expires_at == datetime.fromisoformat(typed).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Give the date and time at which the token expires."),
        ("tomorrow", "Give a date and a time, like 2027-01-31T12:00."),
        ("2027-02-30T12:00", "Give a date and a time, like 2027-01-31T12:00."),
        ("\0", "Null characters are not allowed."),
        ("2026-11-23T12:00", "The expiration time has passed: choose a later one."),
        ("0001-01-01T00:00", "The expiration time has passed: choose a later one."),
        ("2027-11-25T00:00", "A token of Excel lives 366 days at most: choose 2027-11-24 12:00 (UTC) or earlier."),
        ("9999-12-31T23:59", "A token of Excel lives 366 days at most: choose 2027-11-24 12:00 (UTC) or earlier."),
    ],
)
def test_an_instant_that_cannot_be_is_refused_at_its_field_and_kept(
    alice: User, application: TrustedApplication, typed: str, message: str
) -> None:
    with time_machine.travel(NOW, tick=False):
        response = create(signed_in(alice), application, expires=["custom"], expires_at=[typed])
    assert response.status_code == 422
    assert 'href="#id_expires_at"' in response.content.decode()
    if typed != "\0":
        assert errors_of(response) == [message]
        assert form_of(response)["expires_at"] == [typed]


@pytest.mark.parametrize("value", ["", "8", "-1", "x", "30 ", "٣٠", "never"])
def test_tok5_an_expiration_that_is_not_offered_is_refused(
    alice_client: Client, application: TrustedApplication, value: str
) -> None:
    response = create(alice_client, application, expires=[value])
    assert response.status_code == 422
    assert errors_of(response) in (["Choose one of the expiration times."], ["Choose when the token expires."])
    assert not ReferenceToken.objects.exists()


def test_tok5_no_expiration_is_offered_only_where_it_is_allowed(
    alice_client: Client, application: TrustedApplication
) -> None:
    assert "No expiration" not in text_of(alice_client.get(CREATE))
    allowing = ApplicationFactory.create(name="Forever", allows_tokens_without_expiry=True)
    assert "No expiration Not recommended" in text_of(alice_client.get(CREATE))
    response = create(alice_client, application, expires=["never"])
    assert errors_of(response) == ["Excel does not allow tokens without expiry: choose an expiration time."]
    assert create(alice_client, allowing, expires=["never"]).status_code == 200
    assert ReferenceToken.objects.get().expires_at is None


def test_tok5_a_preset_longer_than_the_chosen_application_allows_is_refused_at_the_field(
    alice_client: Client, application: TrustedApplication
) -> None:
    short = ApplicationFactory.create(name="Short", max_lifetime_days=10)
    response = create(alice_client, short, expires=["30"])
    assert response.status_code == 422
    assert errors_of(response)[0].startswith("A token of Short lives 10 days at most")
    assert 'href="#id_expires"' in response.content.decode()


@pytest.mark.parametrize(
    ("scopes", "message"),
    [
        ([], "Choose at least one scope."),
        (["delete"], "delete is not a scope of this application."),
        (["read update"], "read update is not a scope of this application."),
    ],
)
def test_tok6_scopes_that_are_not_offered_are_refused(
    alice_client: Client, application: TrustedApplication, scopes: list[str], message: str
) -> None:
    response = create(alice_client, application, scopes=scopes)
    assert (response.status_code, errors_of(response)) == (422, [message])
    assert 'href="#id_scopes"' in response.content.decode()


def test_tok6_the_scopes_are_those_of_the_chosen_application(
    alice_client: Client, application: TrustedApplication
) -> None:
    Scope.objects.create(name="print", description="Print things.")
    ApplicationFactory.create(name="Printer", scopes=("print",))
    words = text_of(alice_client.get(CREATE))
    assert "print Print things. Offered by Printer" in words
    assert "read View data. Offered by Excel" in words
    response = create(alice_client, application, scopes=["print"])
    assert errors_of(response) == ["Excel does not offer the scope print."]


@pytest.mark.parametrize("description", ["a\u202eb", "a\u200bb", "a\ufeffa", "a\x07", "a\u2028b", "x" * 201, "a\nb"])
def test_t63_a_description_with_invisible_characters_or_too_long_is_refused_at_the_field(
    alice_client: Client, application: TrustedApplication, description: str
) -> None:
    response = create(alice_client, application, description=[description])
    assert response.status_code == 422
    assert 'href="#id_description"' in response.content.decode()
    assert not ReferenceToken.objects.exists()


def test_an_invalid_form_keeps_what_was_typed_and_its_key(
    alice_client: Client, application: TrustedApplication
) -> None:
    sent = filled_in(alice_client, application, scopes=["update"], expires=["custom"], description=["<b>Łódź</b>"])
    response = alice_client.post(CREATE, sent)
    assert response.status_code == 422
    kept = form_of(response)
    for name in ("description", "application", "expires", "scopes", "request_key"):
        assert kept[name] == sent[name]
    assert "<b>Łódź" not in response.content.decode()


def test_a_form_without_its_key_issues_a_token_and_can_revoke_none(
    alice_client: Client, application: TrustedApplication
) -> None:
    assert create(alice_client, application, request_key=[""]).status_code == 200
    again = create(alice_client, application, request_key=[""], replaces=["x"])
    assert again.status_code == 200
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 2


@pytest.mark.parametrize("key", ["x", "\0"])
def test_a_form_whose_key_is_none_is_refused(alice_client: Client, application: TrustedApplication, key: str) -> None:
    assert create(alice_client, application, request_key=[key]).status_code == 422


def test_t15_the_limit_of_tokens_is_said_on_the_form(
    alice: User, alice_client: Client, application: TrustedApplication, settings: Settings
) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON = 1
    issued_pat(alice, application)
    response = create(alice_client, application)
    assert response.status_code == 422
    assert errors_of(response) == ["alice has 1 tokens, which is the limit: revoke one first."]


def test_t12_nothing_but_the_fields_of_the_form_counts(
    alice: User, bob: User, administrator: User, alice_client: Client, application: TrustedApplication
) -> None:
    extra: dict[str, Any] = {
        "user": str(bob.pk),
        "holder": str(bob.pk),
        "issuer": str(administrator.pk),
        "kind": "SAT",
        "digest": "00" * 32,
        "hash_key": "x",
        "hint": "enrt_0000…0000",
        "id": str(uuid.uuid4()),
        "issued_at": "2020-01-01T00:00",
        "created_at": "2020-01-01T00:00",
        "last_used_at": "2020-01-01T00:00",
        "is_active": "0",
        "revoked_at": "2020-01-01T00:00",
        "suspended_at": "2020-01-01T00:00",
        "is_administrator": "1",
        "plaintext": "enrt_" + "0" * 64,
    }
    response = create(alice_client, application, **extra)
    token = ReferenceToken.objects.get()
    assert (token.kind, token.holder, token.issuer) == ("PAT", alice, alice)
    assert (token.last_used_at, token.revoked_at, token.suspended_at) == (None, None, None)
    assert timezone.now() - token.issued_at < timedelta(minutes=1)
    assert str(token.pk) != extra["id"]
    assert secret_of(response) != extra["plaintext"]
    alice.refresh_from_db()
    assert not alice.is_administrator


# --- Shown once ------------------------------------------------------------------------------------------------------


def everything_stored() -> str:
    """Every text and number of every table: sessions, messages and the cache among them."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += [str(row) for row in cursor.fetchall()]
    return "\n".join(rows)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_tok3_the_token_stands_once_in_its_element_and_in_the_two_lines_to_copy(
    alice_client: Client, application: TrustedApplication, headers: dict[str, str]
) -> None:
    response = alice_client.post(CREATE, filled_in(alice_client, application), headers=headers)
    secret, content = secret_of(response), response.content.decode()
    assert TOKEN.fullmatch(secret)
    assert TOKEN.findall(content) == [secret] * 3
    assert f"curl -H &quot;Authorization: Bearer {secret}&quot; http://localhost:8000/api/token" in content
    assert f"REFERENCE_TOKEN={secret}" in content
    assert response.headers["Cache-Control"] == "no-store"


def test_the_token_shown_is_the_one_that_was_issued(alice_client: Client, application: TrustedApplication) -> None:
    secret = secret_of(create(alice_client, application))
    answer = Client().get("/api/token", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json()["id"] == str(ReferenceToken.objects.get().pk)


def test_t3_t4_no_later_page_session_message_or_cache_holds_the_token(
    alice_client: Client, application: TrustedApplication
) -> None:
    secret = secret_of(create(alice_client, application))
    for address in (LIST, CREATE, f"{LIST}?state=ended", "/profile/", "/manage/"):
        assert secret[9:40] not in alice_client.get(address).content.decode()
    cache.set("probe", "here")
    assert "alice" in everything_stored()
    assert secret[5:40] not in everything_stored()


def test_the_answer_to_htmx_is_the_same_box_and_the_list_beside_it(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    page = create(alice_client, application).content.decode()
    part = alice_client.post(CREATE, filled_in(alice_client, application), headers=HTMX).content.decode()
    assert "<!doctype html>" in page
    assert "<h1>Token created</h1>" in page
    assert 'hx-swap-oob="true"' not in page
    assert '<h2 id="dialog-title">Token created</h2>' in part
    assert "<html" not in part
    assert part.count('<section id="tokens" class="list" hx-swap-oob="true"') == 1
    assert part.count('<tr role="row" class="is-new">') == 1
    for words in ("Copy the token now", "I have stored it", "It cannot be shown again."):
        assert words in page
        assert words in part


def test_the_form_in_the_dialog_is_the_form_of_the_page(alice_client: Client, application: TrustedApplication) -> None:
    page, part = alice_client.get(CREATE), alice_client.get(CREATE, headers=HTMX)
    names = set(form_of(page)) - {"next"}
    assert set(form_of(part)) == names
    assert "<html" not in part.content.decode()
    assert f'hx-post="{CREATE}" hx-target="#dialog-body"' in part.content.decode()


def test_a_refused_form_stays_in_the_dialog(alice_client: Client, application: TrustedApplication) -> None:
    sent = filled_in(alice_client, application, scopes=[])
    response = alice_client.post(CREATE, sent, headers=HTMX)
    assert response.status_code == 422
    assert "<html" not in response.content.decode()
    assert errors_of(response) == ["Choose at least one scope."]


def test_a_token_that_never_expires_says_so(alice_client: Client, application: TrustedApplication) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    response = create(alice_client, application, expires=["never"])
    assert "Laptop · Excel · never expires" in text_of(response)


# --- The same form twice ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_t5_the_same_form_twice_issues_one_token_and_asks_whether_it_was_seen(
    alice_client: Client, application: TrustedApplication, headers: dict[str, str]
) -> None:
    sent = filled_in(alice_client, application)
    alice_client.post(CREATE, sent, headers=headers)
    response = alice_client.post(CREATE, sent, headers=headers)
    token = ReferenceToken.objects.get()
    assert response.status_code == 200
    assert f"This form already issued {token.hint}. Did you not see it?" in text_of(response)
    assert "Revoke it and create again" in text_of(response)
    assert not TOKEN.search(response.content.decode())


def test_t5_revoke_it_and_create_again_leaves_one_live_token_however_often_it_is_sent(
    alice_client: Client, application: TrustedApplication
) -> None:
    sent = filled_in(alice_client, application, scopes=["read", "update"], expires=["7"])
    first = secret_of(alice_client.post(CREATE, sent))
    again = form_of(alice_client.post(CREATE, sent))
    second = secret_of(alice_client.post(CREATE, again))
    assert second != first
    third = alice_client.post(CREATE, again)
    assert "This form already issued" in text_of(third)
    old, new = ReferenceToken.objects.order_by("issued_at", "revoked_at")
    old, new = (old, new) if old.revoked_at else (new, old)
    assert (old.why_revoked.in_words(), new.revoked_at) == ("Its value was not seen", None)
    assert (new.scopes, new.description, new.application) == (("read", "update"), "Laptop", application)
    assert secret_of(alice_client.post(CREATE, form_of(third))) not in {first, second}
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 1


def test_t5_a_made_up_form_revokes_nobody_elses_token(
    alice_client: Client, bob: User, application: TrustedApplication
) -> None:
    theirs = signed_in(bob)
    sent = filled_in(theirs, application)
    theirs.post(CREATE, sent)
    token = ReferenceToken.objects.get()
    made_up = {"replaces": [str(token.pk)], "request_key": sent["request_key"]}
    assert create(alice_client, application, **made_up).status_code == 200
    token.refresh_from_db()
    assert token.revoked_at is None


def test_t5_a_form_of_the_profile_revokes_no_token_of_an_application(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    application.system_user = UserFactory.create(system=True)
    application.save()
    User.objects.filter(pk=alice.pk).update(is_administrator=True)
    url = f"/manage/security/trusted-apps/{application.pk}/tokens/new/"
    sent = form_of(alice_client.get(url))
    alice_client.post(url, sent)
    sat = ReferenceToken.objects.get()
    User.objects.filter(pk=alice.pk).update(is_administrator=False)
    response = create(alice_client, application, replaces=[str(sat.pk)], request_key=sent["request_key"])
    assert errors_of(response) == ["This form has been used elsewhere: open it anew."]
    assert ReferenceToken.objects.get().revoked_at is None
    pat = issued_pat(alice, application).token
    rotate = f"{LIST}{pat.pk}/rotate/"
    sent = form_of(alice_client.get(rotate)) | {"replaces": ["x"], "request_key": sent["request_key"]}
    assert errors_of(alice_client.post(rotate, sent)) == ["This form has been used elsewhere: open it anew."]
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()


def test_t5_nothing_is_revoked_where_nothing_is_issued_in_its_place(
    alice_client: Client, application: TrustedApplication
) -> None:
    sent = filled_in(alice_client, application)
    alice_client.post(CREATE, sent)
    TrustedApplication.objects.update(max_lifetime_days=1)
    assert alice_client.post(CREATE, sent | {"replaces": ["x"]}).status_code == 422
    assert ReferenceToken.objects.get().revoked_at is None


# --- Confirming who it is --------------------------------------------------------------------------------------------


def test_peo3_a_sign_in_counts_for_fifteen_minutes(alice: User, application: TrustedApplication) -> None:
    start = timezone.now().replace(microsecond=0)
    with time_machine.travel(start, tick=False):
        client = signed_in(alice)
    for seconds, status in ((0, 200), (15 * 60 - 1, 200), (15 * 60, 302), (16 * 60, 302)):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            assert client.get(CREATE).status_code == status


def test_t46_after_confirming_the_form_is_as_it_was_typed(alice: User, application: TrustedApplication) -> None:
    give_password(alice)
    fresh = signed_in(alice)
    sent = filled_in(fresh, application, description=["Łódź & <b>"], scopes=["read", "update"], expires=["7"])
    client = signed_in(alice, confirmed=False)
    asked = client.post(CREATE, sent | {"csrfmiddlewaretoken": ["x"]})
    assert asked.headers["Location"].startswith(f"{CONFIRM_URL}?next=")
    assert not {"csrfmiddlewaretoken", "request_key"} & set(
        next_of(asked).replace("?", "&").replace("=", "&").split("&")
    )
    page = client.get(asked.headers["Location"])
    answer = client.post(CONFIRM_URL, form_of(page) | {"password": PASSWORD})
    assert answer.headers["Location"] == next_of(asked)
    form = form_of(client.get(answer.headers["Location"]), CREATE)
    for name in ("description", "application", "scopes", "expires"):
        assert form[name] == sent[name]
    assert form["request_key"] != sent["request_key"]
    assert client.post(CREATE, form).status_code == 200


def test_t46_a_wrong_password_does_not_confirm(alice: User, application: TrustedApplication) -> None:
    give_password(alice)
    client = signed_in(alice, confirmed=False)
    response = client.post(CONFIRM_URL, {"password": "wrong", "next": CREATE})
    assert response.status_code == 200
    assert errors_of(response) == ["Incorrect password."]
    assert client.get(CREATE).status_code == 302


def test_t46_nothing_is_issued_before_it_is_confirmed(alice: User, application: TrustedApplication) -> None:
    sent = filled_in(signed_in(alice), application)
    client = signed_in(alice, confirmed=False)
    assert client.post(CREATE, sent, headers=HTMX).headers["HX-Redirect"].startswith(CONFIRM_URL)
    assert not ReferenceToken.objects.exists()


def test_t46_a_confirmation_of_somebody_else_in_this_session_does_not_count(alice: User, bob: User) -> None:
    client = signed_in(bob)
    session = client.session
    session["_auth_user_id"] = str(alice.pk)
    session["_auth_user_hash"] = alice.get_session_auth_hash()
    session.save()
    assert client.get(CREATE).headers["Location"].startswith(CONFIRM_URL)
