"""TOK-15: what was noted is sent, by one process at a time, and again where it failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from accounts.outbox.delivery import PAUSES, claim_next, deliver, due_entries, send_due_mails
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import Notice
from tests.concurrency import outcomes, threads
from tests.factories import UserFactory, issued_pat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice", email="alice@example.com")


def revoke_one(user: User, application: TrustedApplication) -> None:
    revoke_token(actor=OPERATOR, token_id=issued_pat(user, application).token.pk, now=timezone.now())


def test_a_notice_that_is_claimed_is_nobody_elses_until_its_pause_is_over(
    alice: User, application: TrustedApplication
) -> None:
    revoke_one(alice, application)
    now = timezone.now()
    first = claim_next(now)
    assert first
    assert claim_next(now) is None
    again = claim_next(now + PAUSES[0])
    assert again == first
    assert again.attempts == 2


def test_a_process_that_died_before_it_marked_a_mail_leaves_it_to_be_sent_again(
    alice: User, application: TrustedApplication
) -> None:
    revoke_one(alice, application)
    assert claim_next(timezone.now())
    assert send_due_mails() == 0
    with time_machine.travel(timezone.now() + PAUSES[0]):
        assert send_due_mails() == 1
        assert send_due_mails() == 0


def test_a_mail_that_cannot_be_made_holds_up_no_other(
    alice: User, application: TrustedApplication, log_lines: list[str]
) -> None:
    carol = UserFactory.create(email="carol@example.com")
    for person in (alice, carol):
        revoke_one(person, application)
    # No mail program has such an address; a form refuses it, and the database does not.
    User.objects.filter(pk=alice.pk).update(email="alice@exa\nmple.com")
    assert send_due_mails() == 1
    assert [message.to for message in mail.outbox] == [["carol@example.com"]]
    assert [line for line in log_lines if "it will be tried again" in line]


def test_nothing_due_is_one_question(db: None) -> None:
    with Statements() as statements:
        assert send_due_mails() == 0
    assert len(statements) == 1


def test_sending_ends_where_it_may_not_go_on(alice: User, application: TrustedApplication) -> None:
    for _ in range(3):
        revoke_one(alice, application)
    answers = iter([True, True, False])
    assert send_due_mails(may_go_on=lambda: next(answers)) == 2


def test_a_mail_costs_few_statements(alice: User, application: TrustedApplication) -> None:
    revoke_one(alice, application)
    entry = claim_next(timezone.now())
    assert entry
    with Statements() as statements:
        assert deliver(entry, timezone.now())
    assert len(statements) <= 5


def test_a_mail_about_many_tokens_joins_those_alone_that_it_names(alice: User, application: TrustedApplication) -> None:
    """What is joined to a token is found among fifty: all tokens of a notice are read by themselves."""
    revoke_one(alice, application)
    entry = claim_next(timezone.now())
    assert entry
    with Statements() as statements:
        assert deliver(entry, timezone.now())
    joined = [sql for sql in statements.about_tokens if '"accounts_user"' in sql]
    assert joined
    assert all('"reference_tokens_notice' not in sql.partition("WHERE")[0] for sql in joined)


@pytest.mark.django_db(transaction=True)
def test_several_processes_at_once_send_each_mail_once(alice: User, application: TrustedApplication) -> None:
    for _ in range(12):
        revoke_one(alice, application)
    with threads() as start:
        results = outcomes(start, *[send_due_mails] * 4)
    assert sum(results) == len(mail.outbox) == 12
    assert not Notice.objects.waiting().exists()


@pytest.mark.django_db(transaction=True)
def test_a_notice_whose_claim_is_not_committed_is_passed_over(alice: User, application: TrustedApplication) -> None:
    for _ in range(2):
        revoke_one(alice, application)
    now = timezone.now()
    with threads() as start:
        found: list[Any] = outcomes(start, *[lambda: claim_next(now)] * 3)
    assert len({entry.pk for entry in found if entry}) == 2
    assert found.count(None) == 1
    assert due_entries(now + timedelta(minutes=4)).count() == 0
