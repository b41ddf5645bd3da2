"""What Home says is to do: each count is that of the list behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import OutboxEntry, User
from instance_manager.home import to_do
from instance_manager.home.to_do import Task, tasks
from reference_tokens.lists import in_time
from reference_tokens.lists.capped_count import MANY
from reference_tokens.models import AnswerCount, ResourceServer
from reference_tokens.usage.history import validations_chart
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements, plan_of
from tests.pages import text_of
from tests.reference_tokens.lists.others import add_tokens_of_others
from tests.slow_tables import slow
from trusted_apps.models import TrustedApplication


@pytest.fixture(autouse=True)
def in_order(administrator: User, application: TrustedApplication) -> None:
    """An instance in which nothing is to do."""
    application.owners.add(administrator)
    Authenticator.objects.create(user=administrator, type=Authenticator.Type.TOTP, data={})


def task(label: str) -> Task:
    """What Home says under this label."""
    return next(each for each in tasks(timezone.now()) if each.label.startswith(label))


def expiring(application: TrustedApplication) -> None:
    for days in (2, 6, 8):
        issued_pat(UserFactory.create(), application, expires_at=timezone.now() + timedelta(days=days))


def outside_policy(application: TrustedApplication) -> None:
    for scopes in (["read"], ["read", "update"], ["update"]):
        issued_pat(UserFactory.create(), application, scopes=scopes)
    TrustedApplication.objects.filter(pk=application.pk).update(scopes=("read",))


def never_used(application: TrustedApplication) -> None:
    now = timezone.now()
    for days in (31, 90, 29):
        alter(issued_pat(UserFactory.create(), application).token, issued_at=now - timedelta(days=days))
    used = issued_pat(UserFactory.create(), application).token
    alter(used, issued_at=now - timedelta(days=60), last_used_at=now)


def unused(application: TrustedApplication) -> None:
    now = timezone.now()
    for days in (91, 300, 89):
        token = issued_pat(UserFactory.create(), application).token
        alter(token, issued_at=now - timedelta(days=400), last_used_at=now - timedelta(days=days))
    issued_pat(UserFactory.create(), application)


def without_owner(application: TrustedApplication) -> None:
    ApplicationFactory.create().owners.add(UserFactory.create(inactive=True))
    ApplicationFactory.create().owners.add(UserFactory.create(inactive=True), UserFactory.create())
    ApplicationFactory.create()
    ApplicationFactory.create(disabled=True)


def without_system_user(application: TrustedApplication) -> None:
    owner = application.owners.get()
    unneeded, missing, inactive, ended = (ApplicationFactory.create(with_system_user=True) for _each in range(4))
    for each in (unneeded, missing, inactive, ended):
        each.owners.add(owner)
    for each in (missing, inactive, ended):
        token = issued_sat(each).token
    alter(token, revoked_at=timezone.now())
    User.objects.filter(applications=inactive).update(is_active=False)
    TrustedApplication.objects.filter(pk__in=[missing.pk, unneeded.pk, ended.pk]).update(system_user=None)


def silent(_application: TrustedApplication) -> None:
    long_ago = timezone.now() - timedelta(days=31)
    ResourceServerFactory.create(created_at=long_ago)
    ResourceServerFactory.create(created_at=long_ago, last_asked_at=long_ago)
    ResourceServerFactory.create(created_at=long_ago, last_asked_at=timezone.now())
    ResourceServerFactory.create(created_at=long_ago, is_enabled=False)
    ResourceServerFactory.create()


def answered(server: ResourceServer, days_ago: int = 0, **counts: int) -> None:
    day = (timezone.now() - timedelta(days=days_ago)).date()
    for outcome, count in counts.items():
        AnswerCount.objects.create(client_id=server.client_id, day=day, outcome=outcome, count=count)


def often_refused(_application: TrustedApplication) -> None:
    remarkable, alone, seldom, few, before, disabled = (ResourceServerFactory.create() for _each in range(6))
    answered(remarkable, active=180, expired=10, revoked=10)
    answered(alone, 6, unknown=20)
    answered(seldom, active=181, expired=20)
    answered(few, expired=19)
    answered(before, 7, expired=2000)
    answered(disabled, expired=2000)
    ResourceServer.objects.filter(pk=disabled.pk).update(is_enabled=False)


def without_second_factor(_application: TrustedApplication) -> None:
    UserFactory.create_batch(2, administrator=True)
    UserFactory.create(administrator=True, inactive=True)
    UserFactory.create()


def waiting(_application: TrustedApplication) -> None:
    now = timezone.now()
    OutboxEntry.objects.bulk_create(
        OutboxEntry(kind="letter", is_urgent=True, created_at=now - timedelta(minutes=minutes), due_at=now)
        for minutes in (60, 11, 9, 0)
    )


TO_DO: dict[str, tuple[Callable[[TrustedApplication], None], int]] = {
    "Tokens that expire within 7 days": (expiring, 2),
    "Tokens outside policy": (outside_policy, 2),
    "Tokens never used for 30 days": (never_used, 2),
    "Tokens unused for 90 days": (unused, 2),
    "Applications without an active owner": (without_owner, 2),
    "Applications whose System User is missing or inactive": (without_system_user, 2),
    "Resource Servers that have not asked for 30 days": (silent, 2),
    "Resource Servers that are often refused": (often_refused, 2),
    "Administrators without a second factor": (without_second_factor, 2),
    "Mails that wait": (waiting, 2),
}


@pytest.mark.parametrize("label", TO_DO)
def test_a_count_is_that_of_the_list_behind_it(
    administrator_client: Client, application: TrustedApplication, label: str
) -> None:
    make, count = TO_DO[label]
    make(application)
    found = task(label)
    listed = administrator_client.get(found.url).context["count_label"]
    assert (found.number, listed.split()[0]) == ((count, False), str(count))


@pytest.mark.parametrize("label", TO_DO)
def test_home_leads_from_a_count_to_its_list_and_says_what_to_do(
    administrator_client: Client, application: TrustedApplication, label: str
) -> None:
    make, count = TO_DO[label]
    make(application)
    response, found = administrator_client.get("/manage/"), task(label)
    assert f"{count} {label} {found.act}" in text_of(response)
    assert f'href="{found.url.replace("&", "&amp;")}"' in response.content.decode()


def test_every_count_of_home_has_its_test(administrator: User) -> None:
    assert {each.label for each in tasks(timezone.now())} == TO_DO.keys()


def test_where_nothing_is_to_do_home_says_so_and_each_list_still_has_its_link(administrator_client: Client) -> None:
    response = administrator_client.get("/manage/")
    assert "Nothing to do." in text_of(response)
    html = response.content.decode()
    assert all(f'<a class="muted" href="{each.url.replace("&", "&amp;")}"' in html for each in tasks(timezone.now()))


def test_what_is_to_do_stands_first_and_then_home_does_not_say_that_nothing_is(
    administrator_client: Client, application: TrustedApplication
) -> None:
    waiting(application)
    assert tasks(timezone.now())[0].label == "Mails that wait"
    assert "Nothing to do." not in text_of(administrator_client.get("/manage/"))


def test_home_costs_few_statements(administrator_client: Client) -> None:
    administrator_client.get("/manage/")
    with CaptureQueriesContext(connection) as captured:
        administrator_client.get("/manage/")
    assert len(captured) <= 16


def test_tokens_are_counted_no_further_than_home_says(
    application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    expiring(application)
    outside_policy(application)
    monkeypatch.setattr(to_do, "MOST_TOKENS", 1)
    assert [str(task(label).number) for label in ("Tokens that expire", "Tokens outside")] == ["1+", "1+"]


def test_indexes_lead_to_what_home_counts() -> None:
    add_tokens_of_others()
    with Statements() as statements:
        tasks(timezone.now())
        validations_chart({}, timezone.now())
    plans = "".join(plan_of(sql) for sql in statements.sql if "reference_tokens_issuedscope" not in sql)
    for index in ("user_administrator", "token_sat_by_expiry", "answer_count_by_day", "token_by_expiry"):
        assert index in plans


@pytest.mark.django_db(transaction=True)
def test_home_opens_although_something_takes_too_long_to_count(
    administrator_client: Client, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_time, "COUNT_SECONDS", 0.1)
    expiring(application)
    with slow("trusted_apps_trustedapplication_owners"):
        assert "many Applications without an active owner" in text_of(administrator_client.get("/manage/"))
    with slow("reference_tokens_referencetoken"):
        assert task("Tokens that expire").number == MANY
