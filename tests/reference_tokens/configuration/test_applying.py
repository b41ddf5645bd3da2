"""`apply` and `export_configuration` (contract 5.1): the instance becomes what a file says, all of it or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.database.deadlines import with_deadline
from accounts.database.statement_time import TakesTooLong
from accounts.models import AuditEvent, User
from reference_tokens.configuration.applying import apply, plan, require_time
from reference_tokens.configuration.errors import NotValid, PlanChanged
from reference_tokens.configuration.exporting import as_yaml, exported
from reference_tokens.configuration.files import configuration_in, configuration_of
from reference_tokens.configuration.plan import Change
from reference_tokens.configuration.run import Run
from reference_tokens.models import ReferenceToken, ResourceServer, Webhook
from tests.factories import ApplicationFactory, UserFactory, issued_pat
from trusted_apps.built_in import MANAGEMENT_API_URI
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db

EVERYTHING = """
scopes:
  - {name: report, description: See reports.}
system_users:
  - {username: excel-service, name: Excel}
groups:
  - {name: Finance, members: [made-alice, excel-service]}
applications:
  - application_uri: com.example/excel
    name: Excel add-in
    access_tokens: AuthenticatedUsers
    scopes: [read, report]
    system_user: excel-service
    owners: [made-alice]
    max_lifetime_days: 90
resource_servers:
  - {name: Orders, applications: [com.example/excel], required_scopes: [read], share_profile: true}
webhooks:
  - {url: "https://hooks.example.com/secret-path", types: [token.revoked], application: com.example/excel}
"""


def new_run(**values: Any) -> Run:
    return Run(OPERATOR, timezone.now(), **values)


def applied(text: str, *, prunes: bool = False, **values: Any) -> list[Change]:
    return apply(configuration_in(text), new_run(**values), prunes=prunes)


def signs(changes: list[Change]) -> list[str]:
    return [f"{change.sign} {change.kind} {change.name}" for change in changes]


@pytest.fixture
def made_alice(db: None) -> User:
    return UserFactory.create(username="made-alice")


@pytest.mark.usefixtures("made_alice")
def test_everything_that_a_file_names_is_made() -> None:
    assert signs(applied(EVERYTHING)) == [
        "+ scope report",
        "+ System User excel-service",
        "+ group Finance",
        "+ Trusted Application com.example/excel",
        "+ Resource Server Orders",
        "+ webhook https://hooks.example.com",
    ]
    application = TrustedApplication.objects.get(application_uri="com.example/excel")
    assert (application.scopes, str(application.system_user)) == (("read", "report"), "excel-service")
    server = ResourceServer.objects.get(name="Orders")
    assert (server.shares_profile, [*server.applications.all()]) == (True, [application])
    assert {user.username for user in User.objects.filter(groups__name="Finance")} == {"made-alice", "excel-service"}


@pytest.mark.usefixtures("made_alice")
def test_applying_twice_changes_nothing() -> None:
    applied(EVERYTHING)
    before = AuditEvent.objects.count()
    assert applied(EVERYTHING) == []
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    "text",
    [
        "scopes: [{name: report, description: TEXT}]",
        "system_users: [{username: job, name: TEXT}]",
        "groups: [{name: TEXT}]",
        "applications: [{application_uri: com.example/one, name: TEXT, description: TEXT, scopes: [read]}]",
        "resource_servers: [{name: TEXT, all_applications: true}]",
        "webhooks: [{url: 'https://hooks.example.com/', types: [token.revoked], description: TEXT}]",
    ],
)
def test_txt1_applying_twice_changes_nothing_of_a_text_that_is_stored_in_another_form(text: str) -> None:
    decomposed = text.replace("TEXT", "' Cafe\u0301\u200e'")
    assert len(applied(decomposed)) == 1
    assert applied(decomposed) == applied(text.replace("TEXT", "Caf\u00e9")) == []


@pytest.mark.usefixtures("made_alice")
def test_what_is_exported_is_applied_without_a_change() -> None:
    applied(EVERYTHING)
    text = as_yaml(exported())
    assert applied(text) == []
    assert "excel-service" in text


def test_an_empty_instance_is_exported_too() -> None:
    assert applied(as_yaml(exported())) == []


@pytest.mark.usefixtures("made_alice")
def test_a_plan_says_the_same_and_does_nothing() -> None:
    planned = plan(configuration_in(EVERYTHING), new_run(), prunes=False)
    assert not Group.objects.exists()
    assert not AuditEvent.objects.exists()
    assert planned == applied(EVERYTHING)


@pytest.mark.usefixtures("made_alice")
def test_a_change_names_what_differs_alone() -> None:
    applied(EVERYTHING)
    changed = EVERYTHING.replace("max_lifetime_days: 90", "max_lifetime_days: 30").replace(
        "[read, report]", "[report, read]"
    )
    assert [change.members for change in applied(changed)] == [
        {
            "sign": "~",
            "kind": "Trusted Application",
            "name": "com.example/excel",
            "before": {"max_lifetime_days": 90},
            "after": {"max_lifetime_days": 30},
            "impact": {},
        }
    ]


@pytest.mark.usefixtures("made_alice")
def test_a_member_that_the_file_leaves_out_stays() -> None:
    applied(EVERYTHING)
    assert applied("applications: [{application_uri: com.example/excel, description: Sheets.}]")
    assert TrustedApplication.objects.get(application_uri="com.example/excel").max_lifetime_days == 90


@pytest.mark.usefixtures("made_alice")
def test_names_are_found_in_any_case() -> None:
    applied(EVERYTHING)
    assert applied("applications: [{application_uri: COM.example/excel, description: x}]")[0].sign == "~"
    assert signs(applied("system_users: [{username: EXCEL-service, name: Other}]"))[0].startswith("~")


@pytest.mark.parametrize(
    ("existing", "is_live", "days"), [("keep", True, 365), ("revoke", False, 365), ("shorten", True, 10)]
)
def test_pol6_a_plan_counts_the_live_tokens_that_a_change_concerns_and_does_what_was_asked(
    made_alice: User, existing: Any, is_live: bool, days: int
) -> None:
    application = ApplicationFactory.create(application_uri="com.example/excel")
    issued = issued_pat(made_alice, application, expires_at=timezone.now() + timedelta(days=365))
    closes = "" if existing == "shorten" else ", access_tokens: None"
    text = f"applications: [{{application_uri: com.example/excel, max_lifetime_days: 10{closes}}}]"
    [change] = applied(text, existing_tokens=existing)
    assert change.impact["living_longer"] == 1
    token = ReferenceToken.objects.get(pk=issued.token.pk)
    assert token.expires_at
    assert ((token.revoked_at is None), (token.expires_at - timezone.now()).days + 1) == (is_live, days)


@pytest.mark.usefixtures("made_alice")
def test_pruning_ends_what_the_sections_do_not_name() -> None:
    applied(EVERYTHING)
    text = "scopes: [{name: read, description: View data.}, {name: update, description: x}]\ngroups: []\nwebhooks: []\n"
    rest = "applications: []\nresource_servers: []\nsystem_users: []\n"
    with pytest.raises(NotValid, match="Trusted Applications offer it"):
        applied(text, prunes=True)
    assert Webhook.objects.exists()
    applied("applications: [{application_uri: com.example/excel, scopes: [read]}]")
    changes = signs(applied(text + rest, prunes=True))
    assert "- webhook https://hooks.example.com" in changes
    assert "~ Trusted Application com.example/excel" in changes
    assert not TrustedApplication.objects.get(application_uri="com.example/excel").is_enabled
    assert TrustedApplication.objects.get(application_uri=MANAGEMENT_API_URI).is_enabled
    assert not ResourceServer.objects.get(name="Orders").is_enabled
    assert not User.objects.get(username="excel-service").is_active
    assert not Scope.objects.filter(pk="report").exists()
    assert Scope.objects.filter(pk="instance:write").exists()


@pytest.mark.usefixtures("made_alice")
def test_without_pruning_what_is_not_named_stays() -> None:
    applied(EVERYTHING)
    assert applied("groups: []\nwebhooks: []\napplications: []\n") == []


def test_every_fault_is_told_and_nothing_is_done() -> None:
    text = """
scopes: [{name: good, description: x}, {name: a b, description: x}]
system_users: [{username: one}]
groups: [{name: Finance, members: [nobody]}]
applications: [{application_uri: com.example/x, scopes: [unknown], system_user: nobody, access_tokens: None}]
resource_servers: [{name: Orders, applications: [com.example/none]}]
webhooks: [{url: "https://hooks.example.com", types: [no.event]}, {url: "ftp://x", types: [token.revoked]}]
"""
    with pytest.raises(NotValid) as refused:
        applied(text)
    assert [fault.place for fault in refused.value.faults] == [
        "/scopes/1/name",
        "/groups/0/members",
        "/applications/0/system_user",
        "/resource_servers/0/applications",
        "/webhooks/0/types",
        "/webhooks/1/url",
    ]
    assert not Scope.objects.filter(pk="good").exists()
    assert not User.objects.filter(username="one").exists()


def test_ava2_between_two_things_it_is_asked_whether_there_is_time() -> None:
    require_time()
    with pytest.raises(TakesTooLong):
        with_deadline(0, require_time)


def test_what_stands_there_twice_is_a_fault() -> None:
    with pytest.raises(NotValid) as refused:
        applied("system_users: [{username: one}, {username: ONE}]")
    assert refused.value.faults == [("/system_users/1", "It stands there twice.")]


@pytest.mark.usefixtures("made_alice")
def test_what_was_agreed_to_is_done_and_nothing_else() -> None:
    configuration = configuration_in(EVERYTHING)
    agreed = plan(configuration, new_run(), prunes=False)
    Scope.objects.create(name="report", description="Other.")
    with pytest.raises(PlanChanged):
        apply(configuration, new_run(), prunes=False, agreed=agreed)
    assert not Group.objects.exists()


@pytest.mark.usefixtures("made_alice")
def test_t36_no_plan_holds_a_secret_or_the_path_of_a_webhook() -> None:
    run = new_run()
    changes = apply(configuration_in(EVERYTHING), run, prunes=False)
    told = repr([change.members for change in changes]) + repr(run.secrets)
    values = [value for secret in run.secrets for name, value in secret.values.items() if name != "client_id"]
    assert len(run.secrets) == 2
    assert not any(value in told for value in values if value.startswith(("enrs_", "whsec_")))
    assert "secret-path" not in told


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("scopes: [", "line 1, column 10"),
        ("a: &x [1]\nb: *x", "line 2, column 4"),
        ("scopes: []\nscopes: []", "line 2, column 1"),
        ("- 1", ""),
        ("nothing: []", "/nothing"),
        ("scopes: [{name: x}]", "/scopes/0/description"),
        ("applications: [{application_uri: x, is_enabled: maybe}]", "/applications/0/is_enabled"),
        ("groups: [{name: 5}]", "/groups/0/name"),
        ("!!python/object/apply:os.system [x]", "line 1, column 1"),
        ("x" * 1_100_000, ""),
        ("? [a]\n: b", "line 1, column 3"),
        ("\x00", ""),
    ],
)
def test_a_file_that_cannot_be_read_says_where(text: str, place: str) -> None:
    with pytest.raises(NotValid) as refused:
        configuration_in(text)
    assert refused.value.faults[0].place == place


def test_json_is_read_too_and_an_empty_file_says_nothing() -> None:
    assert configuration_in('{"scopes": [{"name": "x", "description": "2027-01-31"}]}').scopes
    assert configuration_in("scopes: [{name: x, description: 2027-01-31}]").scopes
    assert configuration_in("") == configuration_of({})
    assert yaml.safe_load(as_yaml(exported()))


@pytest.mark.usefixtures("made_alice")
def test_members_of_a_group_and_the_events_of_a_webhook_are_those_of_the_file() -> None:
    applied(EVERYTHING)
    text = EVERYTHING.replace("[made-alice, excel-service]", "[made-alice]").replace(
        "[token.revoked]", "[token.issued]"
    )
    assert signs(applied(text)) == ["~ group Finance", "~ webhook https://hooks.example.com"]
    assert [user.username for user in User.objects.filter(groups__name="Finance")] == ["made-alice"]
    assert Webhook.objects.get().types == ["token.issued"]
