"""Revoking or suspending many tokens: shown by application and owner first, confirmed by their number (TOK-8, T11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import Notice, ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements
from tests.pages import CONFIRM_URL, errors_of, form_of, give_password, next_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/tokens/"
REVOKE = "/manage/security/tokens/revoke-many/"
SUSPEND = "/manage/security/tokens/suspend-many/"


@pytest.fixture
def tokens(alice: User, bob: User, application: TrustedApplication) -> list[ReferenceToken]:
    """Two of alice, one of bob and one of an application, of two applications."""
    other = ApplicationFactory.create(name="Word", application_uri="com.example/word", with_system_user=True)
    made = [
        issued_pat(alice, application, description="Laptop"),
        issued_pat(alice, other, description="Phone"),
        issued_pat(bob, application, description="Tablet"),
        issued_sat(other, description="Nightly"),
    ]
    return [issued.token for issued in made]


def ask(client: Client, address: str = REVOKE, **chosen: Any) -> Any:
    return client.get(address, chosen)


def answer(client: Client, asked: Any, number: str, **changes: Any) -> Any:
    address = urlsplit(asked.wsgi_request.path).path
    return client.post(address, form_of(asked) | {"number": number} | changes)


def counted(count: int, label: str) -> str:
    return f"{count} \N{MULTIPLICATION SIGN} {label}"


def ids(tokens: list[ReferenceToken]) -> list[str]:
    return [str(token.pk) for token in tokens]


def live() -> set[str]:
    return set(ReferenceToken.objects.filter(revoked_at=None).values_list("description", flat=True))


def entries() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action__endswith="_many").order_by("seq"))


def test_tok8_the_question_counts_by_application_and_by_owner(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    response = ask(administrator_client, matching="1")
    words = text_of(response)
    assert "Revoke 4 tokens?" in words
    assert (
        f"By Trusted Application {counted(2, 'Excel com.example/excel')} {counted(2, 'Word com.example/word')}" in words
    )
    assert f"By owner {counted(2, 'Personal access token, Alice')}" in words
    assert counted(1, "Personal access token, Bob") in words
    assert counted(1, "Service access token, the application itself") in words
    assert "Type 4 to confirm." in words
    assert live() == {"Laptop", "Phone", "Tablet", "Nightly"}


def test_tok8_the_ticked_tokens_are_revoked_with_one_entry_and_a_reason(
    administrator: User, administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    asked = ask(administrator_client, token=ids(tokens[:2]))
    response = answer(administrator_client, asked, "2", reason="A leak")
    assert response.headers["Location"].startswith(LIST)
    assert "2 tokens revoked." in text_of(administrator_client.get(response.headers["Location"]))
    assert live() == {"Tablet", "Nightly"}
    (entry,) = entries()
    assert (entry.action, entry.actor_id, entry.source) == ("token:revoke_many", str(administrator.pk), "manage")
    assert entry.details == {"chosen_by": {"tokens": ids(tokens[:2])}, "count": 2, "reason": "A leak"}
    revoked = ReferenceToken.objects.filter(revocation_id=entry.target_id)
    assert set(revoked.values_list("revocation_reason", "revoked_by")) == {("A leak", administrator.pk)}


def test_tok8_all_that_match_are_revoked_and_the_entry_says_which_filter(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    asked = ask(administrator_client, matching="1", kind="PAT", owner="alice", state="never_used", q="o")
    answer(administrator_client, asked, "2")
    assert live() == {"Tablet", "Nightly"}
    (entry,) = entries()
    chosen_by = {"state": "never_used", "kind": "PAT", "owner": "alice", "q": "o"}
    assert entry.details == {"chosen_by": chosen_by, "count": 2, "reason": ""}


def test_tok9_all_that_match_are_suspended_with_one_entry_that_the_tokens_point_to(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    User.objects.filter(username="alice").update(email="alice@example.com")
    alter(tokens[2], suspended_at=timezone.now())
    asked = ask(administrator_client, SUSPEND, matching="1")
    assert "Suspend 3 tokens?" in text_of(asked)
    response = answer(administrator_client, asked, "3", reason="Maintenance")
    assert "3 tokens suspended." in text_of(administrator_client.get(response.headers["Location"]))
    (entry,) = entries()
    assert entry.action == "token:suspend_many"
    suspended = ReferenceToken.objects.filter(suspension_id=entry.target_id)
    assert set(suspended.values_list("description", "suspension_reason")) == {
        ("Laptop", "Maintenance"),
        ("Phone", "Maintenance"),
        ("Nightly", "Maintenance"),
    }
    (notice,) = Notice.objects.filter(kind=Notice.Kind.SUSPENSION)
    assert (notice.recipient.username, notice.tokens.count()) == ("alice", 2)
    administrator_client.post(f"{LIST}{tokens[0].pk}/resume/")
    words = text_of(administrator_client.get(f"{LIST}{tokens[0].pk}/"))
    assert "Tokens suspended together" in words
    assert "Token resumed" in words


@pytest.mark.parametrize("number", ["", "3", "5", "four", "44", "0"])
def test_tok8_the_wrong_number_does_nothing(
    administrator_client: Client, tokens: list[ReferenceToken], number: str
) -> None:
    response = answer(administrator_client, ask(administrator_client, matching="1"), number, reason="A leak")
    assert response.status_code == 422
    assert len(errors_of(response)) == 1
    assert form_of(response)["reason"] == ["A leak"]
    assert len(live()) == 4
    answer(administrator_client, response, "4")
    assert not live()


def test_a_grouped_number_is_the_number_too(administrator_client: Client, tokens: list[ReferenceToken]) -> None:
    answer(administrator_client, ask(administrator_client, matching="1"), " 4 tokens")
    assert not live()


def test_t63_a_reason_with_invisible_characters_is_refused(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    response = answer(administrator_client, ask(administrator_client, matching="1"), "4", reason="good\u202e")
    assert response.status_code == 422
    assert len(live()) == 4


def test_t11_where_the_set_has_changed_since_nothing_is_done_and_it_is_asked_again(
    alice: User, administrator_client: Client, tokens: list[ReferenceToken], application: TrustedApplication
) -> None:
    asked = ask(administrator_client, matching="1", owner="alice")
    # As many as before, but not the same.
    alter(tokens[0], revoked_at=timezone.now())
    issued_pat(alice, application, description="Newer")
    response = answer(administrator_client, asked, "2")
    again = administrator_client.get(response.headers["Location"])
    assert "Nothing was done: the tokens have changed." in text_of(again)
    assert live() == {"Phone", "Tablet", "Nightly", "Newer"}
    answer(administrator_client, again, "2")
    assert live() == {"Tablet", "Nightly"}


def test_many1_it_says_how_many_there_were_and_are(
    alice: User, administrator_client: Client, tokens: list[ReferenceToken], application: TrustedApplication
) -> None:
    asked = ask(administrator_client, matching="1", owner="alice")
    issued_pat(alice, application, description="Newer")
    again = administrator_client.get(answer(administrator_client, asked, "2").headers["Location"])
    said = "the tokens have changed. There were 2, and now there are 3. Check them again,"
    assert said in text_of(again)
    assert "Revoke 3 tokens?" in text_of(again)


def test_t11_a_token_that_comes_to_match_at_the_last_moment_stops_the_act(
    bob: User, administrator_client: Client, tokens: list[ReferenceToken], application: TrustedApplication
) -> None:
    late: list[Any] = []

    def issue_first(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        """Somebody else commits while the tokens that were shown are being locked."""
        if sql.startswith('UPDATE "reference_tokens_referencetoken" SET "revoked_at"') and not late:
            late.append(None)
            issued_pat(bob, application, description="Late")
        return execute(sql, *args)

    asked = ask(administrator_client, matching="1")
    with connection.execute_wrapper(issue_first):
        response = answer(administrator_client, asked, "4")
    assert late
    assert response.headers["Location"] == f"{REVOKE}?matching=1"
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()
    assert not entries()


def test_t11_sent_twice_the_second_does_nothing(administrator_client: Client, tokens: list[ReferenceToken]) -> None:
    for address in (SUSPEND, REVOKE):
        asked = ask(administrator_client, address, matching="1")
        for _time in range(2):
            response = answer(administrator_client, asked, "4")
        assert "None of the chosen tokens is left" in text_of(administrator_client.get(response.headers["Location"]))
    assert [entry.action for entry in entries()] == ["token:suspend_many", "token:revoke_many"]


@pytest.mark.parametrize(
    "query", ["", "state=live", "token=x", "matching=1&state=nothing", "matching=1&q=%00", "matching=1&kind=x"]
)
@pytest.mark.parametrize("address", [REVOKE, SUSPEND])
def test_t65_an_address_that_chooses_nothing_leads_back_to_the_list(
    administrator_client: Client, tokens: list[ReferenceToken], address: str, query: str
) -> None:
    for response in (
        administrator_client.get(f"{address}?{query}"),
        administrator_client.post(address, dict(parse_qsl(query)) | {"number": "4", "seen": "x"}),
    ):
        assert response.headers["Location"] == LIST
    assert "Select tokens first" in text_of(administrator_client.get(LIST))
    assert len(live()) == 4


def test_tokens_that_have_ended_are_not_chosen(administrator_client: Client, tokens: list[ReferenceToken]) -> None:
    now = timezone.now()
    alter(tokens[0], revoked_at=now)
    alter(tokens[1], issued_at=now - timedelta(2), expires_at=now)
    assert "Revoke 2 tokens?" in text_of(ask(administrator_client, token=ids(tokens)))
    response = ask(administrator_client, matching="1", state="ended")
    assert response.headers["Location"] == f"{LIST}?state=ended"


def test_few_are_named_and_the_rest_is_counted_together(alice: User, administrator_client: Client) -> None:
    for number in range(12):
        person = UserFactory.create(name=f"Person {number:02}")
        issued_pat(person, ApplicationFactory.create(name=f"App {number:02}"))
    words = text_of(ask(administrator_client, matching="1"))
    assert counted(2, "other applications") in words
    assert counted(2, "Access tokens, other owners") in words


def test_t46_what_was_chosen_and_typed_survives_the_confirmation(
    administrator: User, tokens: list[ReferenceToken]
) -> None:
    give_password(administrator)
    asked = ask(signed_in(administrator), matching="1", owner="alice")
    client = signed_in(administrator, confirmed=False)
    response = answer(client, asked, "2", reason="A leak")
    assert response.headers["Location"].startswith(CONFIRM_URL)
    back = next_of(response)
    assert len(live()) == 4
    again = signed_in(administrator).get(back)
    assert "Revoke 2 tokens?" in text_of(again)
    assert form_of(again)["reason"] == ["A leak"]
    assert form_of(signed_in(administrator).get(f"{REVOKE}?matching=1&reason=x"))["reason"] == [""]


def test_the_rows_have_boxes_and_the_bar_carries_the_filters(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    response = administrator_client.get(f"{LIST}?owner=alice&sort=used")
    content = response.content.decode()
    assert content.count('type="checkbox" class="tick" name="token"') == 2
    bar = form_of(response, REVOKE)
    assert (bar["owner"], bar["sort"]) == (["alice"], ["used"])
    assert "All that match: 2 tokens" in text_of(response)
    ReferenceToken.objects.update(revoked_at=timezone.now())
    assert 'name="token"' not in administrator_client.get(f"{LIST}?state=ended").content.decode()


def test_the_list_on_the_page_of_an_application_has_no_boxes(
    administrator_client: Client, application: TrustedApplication, tokens: list[ReferenceToken]
) -> None:
    response = administrator_client.get(f"/manage/security/trusted-apps/{application.pk}/")
    assert 'name="token"' not in response.content.decode()


def test_t11_many_cost_few_statements(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    for _number in range(30):
        issued_pat(alice, application)
    asked = ask(administrator_client, matching="1")
    with Statements() as statements:
        answer(administrator_client, asked, "30")
    assert not live()
    assert len(statements) <= 26
