"""The one time that a new token is seen (TOK-3, T3 to T5)."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import UserFactory, issued_pat
from tests.pages import (
    HTMX,
    TOKEN,
    errors_of,
    form_of,
    secret_of,
    signed_in,
    text_of,
)
from tests.profile_site.token_form import CREATE, LIST, create, filled_in
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


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
    assert (old.why_revoked.in_words(), new.revoked_at) == ("Its value was never seen", None)
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
    assert errors_of(response) == ["This form was used elsewhere. Open it again."]
    assert ReferenceToken.objects.get().revoked_at is None
    pat = issued_pat(alice, application).token
    rotate = f"{LIST}{pat.pk}/rotate/"
    sent = form_of(alice_client.get(rotate)) | {"replaces": ["x"], "request_key": sent["request_key"]}
    assert errors_of(alice_client.post(rotate, sent)) == ["This form was used elsewhere. Open it again."]
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()


def test_t5_nothing_is_revoked_where_nothing_is_issued_in_its_place(
    alice_client: Client, application: TrustedApplication
) -> None:
    sent = filled_in(alice_client, application)
    alice_client.post(CREATE, sent)
    TrustedApplication.objects.update(max_lifetime_days=1)
    assert alice_client.post(CREATE, sent | {"replaces": ["x"]}).status_code == 422
    assert ReferenceToken.objects.get().revoked_at is None
