"""Programs in the audit log: named by the token for the management API that they act by (API-1, AUD-3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.audit.record import Actor, Source, Target
from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.events import in_words, names_of_programs
from tests.factories import issued_pat, issued_sat
from tests.instance_manager.audit_log.entries import LOG, entry, found, sentences
from tests.pages import text_of
from trusted_apps.built_in import API_TOKEN
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

SCOPES = ["instance:read", "instance:write"]


def acts(token: ReferenceToken) -> Actor:
    return Actor(Source.API, API_TOKEN, str(token.pk), address="192.0.2.9")


def exported(client: Client, form: str) -> Any:
    """The one entry of the file of what came by the API."""
    answer: Any = client.post(f"{LOG}export/", {"format": form, "source": "api"})
    return json.loads(b"".join(answer.streaming_content))


@pytest.fixture
def job(management_api: TrustedApplication) -> ReferenceToken:
    return issued_sat(management_api, scopes=SCOPES, description="Nightly job").token


def test_api1_an_entry_names_the_token_and_leads_to_it(
    administrator_client: Client, alice: User, job: ReferenceToken
) -> None:
    entry("user:deactivate", Target.user(alice.pk), actor=acts(job))
    page = administrator_client.get(LOG)
    assert any(said.startswith("Nightly job for Management API deactivated") for said in sentences(page))
    assert f'href="/manage/security/tokens/{job.pk}/"' in page.content.decode()
    assert "through the API" in text_of(page)


def test_api1_a_token_that_is_gone_is_told_in_words(administrator_client: Client, alice: User) -> None:
    gone = Actor(Source.API, API_TOKEN, "00000000-0000-4000-8000-000000000000")
    entry("user:deactivate", Target.user(alice.pk), actor=gone)
    assert "A program, by the management API deactivated" in text_of(administrator_client.get(LOG))


def test_aud3_what_a_program_did_is_found_by_its_token(
    administrator_client: Client, alice: User, job: ReferenceToken
) -> None:
    did = entry("user:deactivate", Target.user(alice.pk), actor=acts(job)).seq
    others = entry("user:deactivate", Target.user(alice.pk)).seq
    by_token = found(administrator_client, token=str(job.pk))
    assert did in by_token
    assert others not in by_token
    gone = "00000000-0000-4000-8000-000000000000"
    of_gone = entry(actor=Actor(Source.API, API_TOKEN, gone)).seq
    assert found(administrator_client, token=gone) == [of_gone]


def test_aud3_what_the_programs_of_a_person_did_is_found_by_the_person(
    administrator_client: Client, administrator: User, alice: User, management_api: TrustedApplication
) -> None:
    token = issued_pat(administrator, management_api, scopes=SCOPES).token
    did = entry("user:deactivate", Target.user(alice.pk), actor=acts(token)).seq
    assert did in found(administrator_client, person="ada")
    assert found(administrator_client, person="ada", source="api", action="user:deactivate") == [did]


def test_aud3_an_export_names_it_too(administrator_client: Client, alice: User, job: ReferenceToken) -> None:
    entry("user:deactivate", Target.user(alice.pk), actor=acts(job))
    actors = {form: exported(administrator_client, form)["actor"] for form in ("jsonl", "ocsf")}
    assert actors["jsonl"] == "Nightly job for Management API"
    assert actors["ocsf"]["user"]["name"] == "Nightly job for Management API"


def test_the_page_of_a_token_names_the_program_to_administrators(
    administrator_client: Client, alice: User, application: TrustedApplication, job: ReferenceToken
) -> None:
    token = issued_pat(alice, application).token
    entry("token:suspend", Target("token", str(token.pk)), actor=acts(job))
    assert "Nightly job for Management API" in text_of(administrator_client.get(f"/manage/security/tokens/{token.pk}/"))


def test_the_last_events_of_a_user_name_the_program(
    administrator_client: Client, alice: User, job: ReferenceToken
) -> None:
    entry("user:deactivate", Target.user(alice.pk), actor=acts(job))
    page = administrator_client.get(f"/manage/security/users/{alice.pk}/")
    assert "Nightly job for Management API" in text_of(page)


def test_a_holder_reads_the_names_and_addresses_of_their_own_programs_alone(
    alice: User, application: TrustedApplication, management_api: TrustedApplication, job: ReferenceToken
) -> None:
    token = issued_pat(alice, application).token
    own = issued_pat(alice, management_api, scopes=["self:write"], description="My script").token
    events = [entry("token:rename", Target("token", str(token.pk)), actor=acts(one)) for one in (own, job)]
    mine, others = in_words(events, alice)
    assert (mine.who, mine.address) == ("My script for Management API", "192.0.2.9")
    assert (others.who, others.address) == ("A program, by the management API", "")


def test_without_a_program_nothing_is_asked_about_one(django_assert_num_queries: Any) -> None:
    event = entry()
    with django_assert_num_queries(0):
        assert names_of_programs([event]) == {}
