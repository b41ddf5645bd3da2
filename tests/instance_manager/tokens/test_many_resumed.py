"""Resuming many tokens: what was suspended together, or what is chosen (TOK-9, MANY-1)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.suspension import resume_chosen, resume_tokens
from reference_tokens.models import ReferenceToken
from tests.factories import alter, issued_pat
from tests.pages import form_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/tokens/"
SUSPEND = f"{LIST}suspend-many/"
RESUME = f"{LIST}resume-many/"


@pytest.fixture
def tokens(alice: User, application: TrustedApplication) -> list[ReferenceToken]:
    return [issued_pat(alice, application, description=name).token for name in ("Laptop", "Phone", "Tablet")]


def answer(client: Client, asked: Any, number: str) -> Any:
    return client.post(urlsplit(asked.wsgi_request.path).path, form_of(asked) | {"number": number})


def suspended() -> set[str]:
    return set(ReferenceToken.objects.exclude(suspended_at=None).values_list("description", flat=True))


def link_after_suspending(client: Client, tokens: list[ReferenceToken]) -> str:
    """The link that stands beside what was done."""
    asked = client.get(SUSPEND, {"token": [str(token.pk) for token in tokens]})
    content = client.get(answer(client, asked, str(len(tokens))).headers["Location"]).content.decode()
    assert "Resume them together</a>" in content
    batch = ReferenceToken.objects.get(pk=tokens[0].pk).suspension_id
    assert f'href="{RESUME}?suspension={batch}"' in content
    return f"{RESUME}?suspension={batch}"


def test_tok9_what_was_suspended_together_is_resumed_together_and_nothing_else(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    alter(tokens[2], suspended_at=timezone.now())
    link = link_after_suspending(administrator_client, tokens[:2])
    asked = administrator_client.get(link)
    assert "Resume 2 tokens?" in text_of(asked)
    assert "reason" not in form_of(asked)
    response = answer(administrator_client, asked, "2")
    assert suspended() == {"Tablet"}
    assert "2 tokens resumed." in text_of(administrator_client.get(response.headers["Location"]))
    entry = AuditEvent.objects.get(action="token:resume_many")
    assert (entry.target_type, entry.details) == ("suspension", {"count": 2})
    words = text_of(administrator_client.get(f"{LIST}{tokens[0].pk}/"))
    assert "Tokens suspended together" in words
    assert "Tokens resumed together" in words


def test_many1_a_token_that_was_resumed_alone_meanwhile_makes_it_ask_again(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    asked = administrator_client.get(link_after_suspending(administrator_client, tokens))
    administrator_client.post(f"{LIST}{tokens[0].pk}/resume/")
    response = answer(administrator_client, asked, "3")
    again = administrator_client.get(response.headers["Location"])
    assert "There were 3, and now there are 2." in text_of(again)
    assert suspended() == {"Phone", "Tablet"}
    answer(administrator_client, again, "2")
    assert suspended() == set()


def test_a_token_that_was_suspended_alone_since_stays_suspended(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    link = link_after_suspending(administrator_client, tokens)
    for act in ("resume", "suspend"):
        administrator_client.post(f"{LIST}{tokens[0].pk}/{act}/")
    answer(administrator_client, administrator_client.get(link), "2")
    assert suspended() == {"Laptop"}


def test_sent_twice_it_says_so_and_does_nothing_twice(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    asked = administrator_client.get(link_after_suspending(administrator_client, tokens))
    for _time in range(2):
        response = answer(administrator_client, asked, "3")
    words = text_of(administrator_client.get(response.headers["Location"]))
    assert "None of these tokens is suspended any more." in words
    assert AuditEvent.objects.filter(action="token:resume_many").count() == 1


def test_tok9_chosen_tokens_are_resumed_whatever_suspended_them(
    administrator: User, administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    link_after_suspending(administrator_client, tokens[:2])
    alter(tokens[2], suspended_at=timezone.now())
    ids = [str(token.pk) for token in tokens[1:]]
    asked = administrator_client.get(RESUME, {"token": ids})
    assert "Resume 2 tokens?" in text_of(asked)
    assert "reason" not in form_of(asked)
    response = answer(administrator_client, asked, "2")
    assert suspended() == {"Laptop"}
    assert "2 tokens resumed." in text_of(administrator_client.get(response.headers["Location"]))
    entry = AuditEvent.objects.get(action="token:resume_many")
    assert (entry.actor_id, entry.target_type) == (str(administrator.pk), "resumption")
    assert entry.details == {"chosen_by": {"tokens": ids}, "count": 2}
    resumed = ReferenceToken.objects.filter(resumption_id=entry.target_id)
    assert sorted(str(token.pk) for token in resumed.exclude(resumed_at=None)) == sorted(ids)


def test_tok9_all_that_match_are_resumed_and_each_page_says_so(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    link_after_suspending(administrator_client, tokens[:2])
    asked = administrator_client.get(RESUME, {"matching": "1", "q": "o"})
    assert "Resume 2 tokens?" in text_of(asked)
    answer(administrator_client, asked, "2")
    assert suspended() == set()
    entry = AuditEvent.objects.get(action="token:resume_many")
    assert entry.details == {"chosen_by": {"state": "live", "q": "o"}, "count": 2}
    words = text_of(administrator_client.get(f"{LIST}{tokens[1].pk}/"))
    assert "Tokens suspended together" in words
    assert "Tokens resumed together" in words
    assert "Tokens resumed together" not in text_of(administrator_client.get(f"{LIST}{tokens[2].pk}/"))


def test_an_index_leads_to_the_tokens_of_a_resumption() -> None:
    # Not by a plan: PostgreSQL takes no index that is younger than a transaction which another process of tests is in.
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, ReferenceToken._meta.db_table)
    assert indexes["token_of_resumption"]["columns"] == ["resumption_id"]


def test_of_the_chosen_tokens_those_are_left_out_that_are_not_suspended_or_have_ended(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    now = timezone.now()
    alter(tokens[0], suspended_at=now)
    alter(tokens[1], suspended_at=now, issued_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    asked = administrator_client.get(RESUME, {"token": [str(token.pk) for token in tokens]})
    assert "Resume 1 token?" in text_of(asked)
    answer(administrator_client, asked, "1")
    assert suspended() == {"Phone"}


def test_many1_a_token_that_was_suspended_meanwhile_makes_it_ask_again(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    for token in tokens[:2]:
        alter(token, suspended_at=timezone.now())
    asked = administrator_client.get(RESUME, {"matching": "1"})
    alter(tokens[2], suspended_at=timezone.now())
    response = answer(administrator_client, asked, "2")
    again = administrator_client.get(response.headers["Location"])
    assert "There were 2, and now there are 3." in text_of(again)
    assert suspended() == {"Laptop", "Phone", "Tablet"}
    answer(administrator_client, again, "3")
    assert suspended() == set()


def test_chosen_tokens_that_are_not_suspended_are_told_to_be_none(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    response = administrator_client.get(RESUME, {"token": [str(token.pk) for token in tokens]})
    words = text_of(administrator_client.get(response.headers["Location"]))
    assert "None of the chosen tokens is suspended." in words


def buttons(client: Client, **query: str) -> list[str]:
    """What the bar offers."""
    bar = client.get(LIST, query).content.decode().partition('<form id="several"')[2].partition("</form>")[0]
    return [act for act in ("Revoke", "Suspend", "Resume", "Shorten") if f"<span>{act} <span" in bar]


def test_the_bar_offers_to_resume_where_the_list_shows_suspended_tokens(
    administrator_client: Client, tokens: list[ReferenceToken]
) -> None:
    assert buttons(administrator_client) == ["Revoke", "Suspend", "Shorten"]
    alter(tokens[0], suspended_at=timezone.now())
    assert buttons(administrator_client) == ["Revoke", "Suspend", "Resume", "Shorten"]
    assert buttons(administrator_client, q="Tablet") == ["Revoke", "Suspend", "Shorten"]
    assert buttons(administrator_client, state="suspended") == ["Revoke", "Resume", "Shorten"]


@pytest.mark.parametrize("query", ["", "?suspension=x", "?suspension=x&matching=1", "?suspension=&matching=1"])
def test_where_no_suspension_and_no_token_is_named_nothing_is_resumed(
    administrator_client: Client, tokens: list[ReferenceToken], query: str
) -> None:
    alter(tokens[0], suspended_at=timezone.now(), suspension_id=uuid.uuid4())
    assert administrator_client.get(RESUME + query).headers["Location"] == LIST
    assert suspended() == {"Laptop"}


def test_an_unknown_suspension_says_that_none_is_left(administrator_client: Client) -> None:
    response = administrator_client.get(f"{RESUME}?suspension={uuid.uuid4()}")
    words = text_of(administrator_client.get(response.headers["Location"]))
    assert "None of these tokens is suspended any more." in words


def test_what_is_resumed_by_somebody_else_first_is_none_and_leaves_no_entry() -> None:
    everything = ReferenceToken.objects.all()
    assert resume_tokens(actor=OPERATOR, tokens=everything, batch_id=uuid.uuid4(), now=timezone.now()) == 0
    assert resume_chosen(actor=OPERATOR, tokens=everything, chosen_by={}, now=timezone.now()) == 0
    assert not AuditEvent.objects.filter(action="token:resume_many").exists()
