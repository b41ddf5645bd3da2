"""One Trusted Application: its page, registering it and changing it (POL-1, POL-4, POL-6)."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.concurrency import is_waiting, threads, uncommitted
from tests.factories import PASSWORD, ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements
from tests.pages import CONFIRM_URL, Fields, errors_of, form_of, give_password, next_of, signed_in, text_of
from trusted_apps.models import AccessTokensPolicy, Scope, TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/trusted-apps/"
NEW = f"{LIST}new/"


def page_of(application: TrustedApplication) -> str:
    return f"{LIST}{application.pk}/"


def edit_of(application: TrustedApplication) -> str:
    return f"{LIST}{application.pk}/edit/"


def many_tokens(application: TrustedApplication, holder: User, count: int, step: timedelta = timedelta(0)) -> None:
    """Tokens issued one after the other, or all at one moment."""
    template = issued_pat(holder, application).token
    ReferenceToken.objects.bulk_create(
        ReferenceToken(
            kind="PAT",
            application=application,
            holder=holder,
            issuer=holder,
            scopes=("read",),
            digest=number.to_bytes(32, "big"),
            hash_key=template.hash_key,
            hint=f"enrt_{number:04X}…0000",
            issued_at=template.issued_at - step * number,
            expires_at=template.expires_at,
        )
        for number in range(1, count)
    )


# --- The page --------------------------------------------------------------------------------------------------------


def test_the_page_states_the_facts(administrator_client: Client) -> None:
    application = ApplicationFactory.create(
        name="Word",
        application_uri="com.example/word",
        description="Writes <b>letters",
        administrators_only=True,
        with_system_user=True,
        max_lifetime_days=1,
        allows_tokens_without_expiry=True,
        allows_self_rotation=True,
    )
    application.owners.set([UserFactory.create(username="olga"), UserFactory.create(username="otto", name="")])
    response = administrator_client.get(page_of(application))
    words = text_of(response)
    assert application.system_user
    for part in (
        "Word com.example/word",
        "Description Writes <b>letters",
        "Access tokens AdministratorsOnly Only administrators may issue personal access tokens or service access",
        f"System User {application.system_user.name}",
        "Longest life of a token 1 day Tokens without an expiry are allowed.",
        "Owners Olga (olga), otto",
        "A token may rotate itself",
        "Application access tokens",
    ):
        assert part in words
    assert "<b>letters" not in response.content.decode()
    assert f'href="{edit_of(application)}"' in response.content.decode()


def test_an_application_with_nothing_set_says_so(administrator_client: Client) -> None:
    application = ApplicationFactory.create(closed=True, scopes=())
    words = text_of(administrator_client.get(page_of(application)))
    for part in (
        "None Reference tokens cannot be issued.",
        "System User None",
        "366 days Every token expires.",
        "Owners None",
    ):
        assert part in words


def test_pol5_a_disabled_application_says_what_that_means(administrator_client: Client) -> None:
    application = ApplicationFactory.create(disabled=True)
    assert "This application is disabled Nothing can be issued for it" in text_of(
        administrator_client.get(page_of(application))
    )


def test_an_inactive_system_user_is_marked(administrator_client: Client, application: TrustedApplication) -> None:
    User.objects.filter(kind="SYSTEM").update(is_active=False)
    assert "Inactive" in text_of(administrator_client.get(page_of(application)))


def test_every_pat_and_sat_is_listed_with_whom_it_acts_as(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application, description="Laptop")
    issued_sat(application, description="Nightly")
    words = text_of(administrator_client.get(page_of(application)))
    assert application.system_user
    assert "2 tokens" in words
    assert re.search(r"Laptop.*PAT, Personal access token acts as Alice", words)
    assert re.search(rf"Nightly.*SAT, Service access token acts as {application.system_user.name}", words)
    assert f"acts as {application.system_user.name_beside_others} issued by Command line" in words


POL4: dict[str, tuple[dict[str, Any], str, str]] = {
    "disabled": ({"is_enabled": False}, "The application is disabled.", "Enable the application"),
    "policy": ({"access_tokens_policy": "None"}, "Its AccessTokens policy is None", "Change the policy"),
    "no System User": ({"system_user": None}, "It has no System User", "Choose a System User"),
    "inactive System User": ({}, "Its System User is not active.", "Choose another System User"),
}


@pytest.mark.parametrize("case", POL4)
def test_pol4_the_button_is_disabled_with_its_reason_and_a_link(
    administrator_client: Client, application: TrustedApplication, case: str
) -> None:
    columns, reason, link = POL4[case]
    TrustedApplication.objects.filter(pk=application.pk).update(**columns or {"name": "Excel"})
    User.objects.filter(kind="SYSTEM").update(is_active=case != "inactive System User")
    response = administrator_client.get(page_of(application))
    content = response.content.decode()
    assert re.search(r"<button[^>]* disabled [^>]*>.*?Create application token</button>", content, re.DOTALL)
    assert text_of(response).count(reason) == 1
    assert f'<a href="{edit_of(application)}">{link}</a>' in content
    assert "tokens/new/" not in content
    form = administrator_client.get(f"{page_of(application)}tokens/new/")
    assert reason in text_of(form)
    assert "No token can be issued for this application" in text_of(form)
    assert "Generate token" not in text_of(form)


@pytest.mark.parametrize("step", [timedelta(0), timedelta(seconds=1)])
def test_the_pages_walk_every_token_once_both_ways(
    alice: User, administrator_client: Client, application: TrustedApplication, step: timedelta
) -> None:
    many_tokens(application, alice, 120, step)

    def walk(address: str, relation: str) -> tuple[list[str], str]:
        seen: list[str] = []
        while True:
            content = administrator_client.get(address).content.decode()
            page = re.findall(r'class="token-name"[^>]*><bdi>(.*?)</bdi>', content)
            seen = seen + page if relation == "next" else page + seen
            links = {rel: href for href, rel in re.findall(r'href="(\?[^"]*)" rel="(\w+)"', content)}
            if relation not in links:
                return seen, address
            address = page_of(application) + links[relation]

    older, last = walk(page_of(application), "next")
    newer, _first = walk(last, "prev")
    assert len(older) == len(set(older)) == 120
    assert newer == older


def test_a_thousand_tokens_cost_eight_queries(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    many_tokens(application, alice, 1000, timedelta(seconds=1))
    token = ReferenceToken.objects.order_by("issued_at")[500]
    for address in (page_of(application), f"{page_of(application)}?after={token.pk}"):
        with Statements() as statements:
            assert "1,000 tokens" in text_of(administrator_client.get(address))
        assert len([sql for sql in statements.sql if sql.startswith("SELECT")]) <= 8


def test_ended_tokens_say_who_ended_them_and_why(
    alice: User, administrator: User, administrator_client: Client, application: TrustedApplication
) -> None:
    revoked, expired = issued_pat(alice, application).token, issued_sat(application).token
    alter(revoked, revoked_at=timezone.now(), revoked_by=administrator, revocation_source="manage")
    alter(expired, issued_at=timezone.now() - timedelta(2), expires_at=timezone.now())
    words = text_of(administrator_client.get(f"{page_of(application)}?state=ended"))
    assert "Revoked by Ada (ada), just now" in words
    assert "Expired, just now" in words
    assert "2 tokens" in words


# --- Registering -----------------------------------------------------------------------------------------------------


def registered(client: Client, **changes: Any) -> Any:
    fields = form_of(client.get(NEW)) | {"name": ["Word"], "application_uri": ["com.example/word"]}
    return client.post(NEW, fields | changes)


def test_what_is_missing_is_named(administrator_client: Client) -> None:
    response = registered(administrator_client, name=[""], application_uri=[""])
    assert response.status_code == 422
    assert errors_of(response) == ["Name: This field is required.", "Application URI: This field is required."]
    response = registered(administrator_client, name=["a\u200bb"], description=["a\u200bb"])
    assert errors_of(response) == [
        "Name: Remove the invisible characters.",
        "Description: Remove the invisible characters.",
    ]


def test_an_application_has_a_scope_from_the_start(administrator_client: Client) -> None:
    response = registered(administrator_client, scopes=[])
    assert (response.status_code, form_of(response).get("scopes")) == (422, None)
    assert errors_of(response) == ["Choose at least one scope: without one no token can be issued for it."]
    assert not TrustedApplication.objects.exists()


def test_pol1_a_new_application_is_enabled_and_closed_unless_said_otherwise(
    administrator: User, administrator_client: Client
) -> None:
    response = registered(administrator_client)
    application = TrustedApplication.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, page_of(application))
    assert (application.is_enabled, application.access_tokens_policy, application.scopes) == (True, "None", ("read",))
    assert "Word was registered." in text_of(administrator_client.get(page_of(application)))
    event = AuditEvent.objects.get(action="application:create")
    assert (event.actor_id, event.source, event.address) == (str(administrator.pk), "manage", "127.0.0.1")


def test_every_field_is_kept(administrator_client: Client, alice: User) -> None:
    system_user = UserFactory.create(system=True)
    response = registered(
        administrator_client,
        description="Letters",
        access_tokens_policy="AdministratorsOnly",
        scopes=["update", "read"],
        system_user=str(system_user.pk),
        owners=[str(alice.pk)],
        max_lifetime_days="30",
        allows_tokens_without_expiry="on",
        allows_self_rotation="on",
    )
    assert response.status_code == 302
    application = TrustedApplication.objects.get()
    assert (application.scopes, application.system_user) == (("read", "update"), system_user)
    assert (application.access_tokens_policy, application.max_lifetime_days) == ("AdministratorsOnly", 30)
    assert (application.allows_tokens_without_expiry, application.allows_self_rotation) == (True, True)
    assert list(application.owners.all()) == [alice]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "a\u202eb"),
        ("name", "a\0b"),
        ("application_uri", ""),
        ("application_uri", "a b"),
        ("application_uri", "x" * 201),
        ("description", "x" * 201),
        ("access_tokens_policy", ""),
        ("access_tokens_policy", "Everybody"),
        ("scopes", "delete"),
        ("system_user", "00000000-0000-0000-0000-000000000000"),
        ("system_user", "x"),
        ("owners", "00000000-0000-0000-0000-000000000000"),
        ("owners", "x"),
        ("max_lifetime_days", "0"),
        ("max_lifetime_days", "36501"),
        ("max_lifetime_days", "x"),
    ],
)
def test_what_is_invalid_is_said_at_its_field_and_everything_typed_is_kept(
    administrator_client: Client, field: str, value: str
) -> None:
    typed = {"name": "<i>Word", "application_uri": "com.example/word", "description": "Letters", "scopes": "read"}
    response = registered(administrator_client, **{name: [text] for name, text in (typed | {field: value}).items()})
    assert response.status_code == 422
    assert f'href="#id_{field}' in response.content.decode()
    kept = form_of(response)
    assert {name: kept[name] for name in typed if name != field} == {
        name: [text] for name, text in typed.items() if name != field
    }
    assert "<i>Word" not in response.content.decode()
    assert not TrustedApplication.objects.exists()


@pytest.mark.parametrize("uri", ["com.example/excel", "COM.example/Excel"])
def test_a_uri_that_is_taken_in_any_case_is_refused(
    administrator_client: Client, application: TrustedApplication, uri: str
) -> None:
    response = registered(administrator_client, application_uri=[uri])
    assert response.status_code == 422
    assert TrustedApplication.objects.count() == 1


def test_only_active_people_and_system_users_can_be_chosen(administrator_client: Client, alice: User) -> None:
    system_user, gone = UserFactory.create(system=True), UserFactory.create(system=True, inactive=True)
    left = UserFactory.create(inactive=True, name="")
    content = administrator_client.get(NEW).content.decode()
    assert f'<input type="checkbox" name="owners" value="{alice.pk}"><bdi>Alice (alice)</bdi>' in content
    assert f'<input type="radio" name="system_user" value="{system_user.pk}">' in content
    assert str(gone.pk) not in content
    assert str(left.pk) not in content
    assert registered(administrator_client, system_user=[str(alice.pk)]).status_code == 422
    assert registered(administrator_client, owners=[str(system_user.pk)]).status_code == 422


def test_t12_nothing_but_the_fields_of_the_form_counts(administrator_client: Client) -> None:
    chosen = str(uuid.uuid4())
    registered(administrator_client, id=[chosen], created_at=["2020-01-01"], tokens=["x"])
    application = TrustedApplication.objects.get()
    assert str(application.pk) != chosen
    assert application.created_at.year > 2020


# --- Changing --------------------------------------------------------------------------------------------------------


def changed(client: Client, application: TrustedApplication, /, **changes: Any) -> Any:
    return client.post(edit_of(application), form_of(client.get(edit_of(application))) | changes)


def test_the_form_shows_the_application_as_it_is_and_saving_it_changes_nothing(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    application.owners.add(alice)
    before = TrustedApplication.objects.values().get()
    response = changed(administrator_client, application)
    assert (response.status_code, response.headers["Location"]) == (302, page_of(application))
    assert TrustedApplication.objects.values().get() == before
    assert list(application.owners.all()) == [alice]
    assert not AuditEvent.objects.exists()
    assert "The changes to Excel were saved." in text_of(administrator_client.get(page_of(application)))


def test_a_change_is_saved_and_recorded(administrator_client: Client, application: TrustedApplication) -> None:
    changed(administrator_client, application, name=["Excel 2"], is_enabled=[])
    application.refresh_from_db()
    assert (application.name, application.is_enabled) == ("Excel 2", False)
    assert AuditEvent.objects.get().details["after"] == {"name": "Excel 2", "is_enabled": False}


def test_whoever_is_chosen_already_stays_choosable_whatever_they_became(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    application.owners.add(alice)
    User.objects.filter(pk__in=[alice.pk, application.system_user_id]).update(is_active=False)
    assert changed(administrator_client, application, name=["Excel 2"]).status_code == 302
    application.refresh_from_db()
    assert (application.name, list(application.owners.all())) == ("Excel 2", [alice])
    assert application.system_user_id


def test_an_invalid_change_keeps_everything_and_the_heading_of_the_stored_name(
    administrator_client: Client, application: TrustedApplication
) -> None:
    response = changed(administrator_client, application, name=[""], description=["Sheets <i>"], is_enabled=[])
    assert response.status_code == 422
    kept = form_of(response)
    assert (kept["description"], kept.get("is_enabled")) == (["Sheets <i>"], None)
    assert "Excel" in text_of(response)
    application.refresh_from_db()
    assert application.is_enabled


def test_a_uri_of_another_application_is_refused(administrator_client: Client, application: TrustedApplication) -> None:
    other = ApplicationFactory.create()
    response = changed(administrator_client, application, application_uri=[other.application_uri.upper()])
    assert response.status_code == 422
    application.refresh_from_db()
    assert application.application_uri == "com.example/excel"


# --- A tighter policy (POL-6) ----------------------------------------------------------------------------------------


def tokens_of_everybody(application: TrustedApplication, alice: User, bob: User, administrator: User) -> None:
    for user in (alice, alice, bob, administrator):
        issued_pat(user, application)
    issued_sat(application)
    alter(issued_pat(alice, application).token, revoked_at=timezone.now())


def test_pol6_the_page_says_how_many_tokens_by_kind_and_owner_before_anything_is_saved(
    administrator_client: Client, application: TrustedApplication, alice: User, bob: User, administrator: User
) -> None:
    tokens_of_everybody(application, alice, bob, administrator)
    response = changed(administrator_client, application, access_tokens_policy=["AdministratorsOnly"], name=["New"])
    words = text_of(response)
    assert response.status_code == 200
    assert "3 live tokens could not be issued under this policy." in words
    assert "2 \N{MULTIPLICATION SIGN} Personal access token, Alice" in words
    assert "1 \N{MULTIPLICATION SIGN} Personal access token, Bob" in words
    application.refresh_from_db()
    assert (application.access_tokens_policy, application.name) == ("AuthenticatedUsers", "Excel")


def test_pol6_without_any_policy_the_tokens_of_the_application_itself_count_too(
    administrator_client: Client, application: TrustedApplication, alice: User, bob: User, administrator: User
) -> None:
    tokens_of_everybody(application, alice, bob, administrator)
    words = text_of(changed(administrator_client, application, access_tokens_policy=["None"]))
    assert "5 live tokens could not be issued under this policy." in words
    assert "1 \N{MULTIPLICATION SIGN} Service access token, the application itself" in words


def test_pol6_the_second_submit_saves_and_the_tokens_stay_live(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    issued_pat(alice, application)
    asked = changed(administrator_client, application, access_tokens_policy=["None"])
    assert "1 live token could not be issued" in text_of(asked)
    assert administrator_client.post(edit_of(application), form_of(asked)).status_code == 302
    application.refresh_from_db()
    assert application.access_tokens_policy == "None"
    assert ReferenceToken.objects.get().revoked_at is None
    assert "Outside policy" in text_of(administrator_client.get(page_of(application)))


def test_pol6_they_are_revoked_in_the_same_step_if_that_is_ticked(
    administrator: User, administrator_client: Client, application: TrustedApplication, alice: User, bob: User
) -> None:
    tokens_of_everybody(application, alice, bob, administrator)
    asked = changed(administrator_client, application, access_tokens_policy=["AdministratorsOnly"])
    fields = form_of(asked) | {"revoke_outside": ["1"]}
    response = administrator_client.post(edit_of(application), fields, follow=True)
    assert "The changes to Excel were saved. 3 tokens were revoked." in text_of(response)
    reasons = [token.why_revoked.in_words() for token in ReferenceToken.objects.filter(revoked_by=administrator)]
    assert reasons == ["The application's AccessTokens policy became AdministratorsOnly"] * 3
    assert set(ReferenceToken.objects.filter(revoked_at=None).values_list("kind", "holder__username")) == {
        ("PAT", "ada"),
        ("SAT", None),
    }
    actions = AuditEvent.objects.order_by("-seq").values_list("action", flat=True)[:2]
    assert list(actions) == ["application:update", "token:revoke_many"]


def test_pol6_another_policy_than_the_one_seen_is_asked_about_again(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    issued_pat(alice, application)
    asked = form_of(changed(administrator_client, application, access_tokens_policy=["AdministratorsOnly"]))
    response = administrator_client.post(
        edit_of(application), asked | {"access_tokens_policy": ["None"], "revoke_outside": ["1"]}
    )
    assert "1 live token could not be issued" in text_of(response)
    assert form_of(response)["revoke_outside"] == ["1"]
    assert ReferenceToken.objects.get().revoked_at is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("AuthenticatedUsers", "AuthenticatedUsers"),
        ("AdministratorsOnly", "AuthenticatedUsers"),
        ("None", "AuthenticatedUsers"),
        ("None", "AdministratorsOnly"),
        ("AdministratorsOnly", "AdministratorsOnly"),
        ("None", "None"),
    ],
)
def test_pol6_nothing_is_asked_where_no_token_falls_out(
    administrator_client: Client, application: TrustedApplication, alice: User, before: str, after: str
) -> None:
    issued_pat(alice, application)
    TrustedApplication.objects.update(access_tokens_policy=before)
    assert changed(administrator_client, application, access_tokens_policy=[after]).status_code == 302
    assert ReferenceToken.objects.get().revoked_at is None


def test_pol6_nothing_is_asked_without_tokens(administrator_client: Client, application: TrustedApplication) -> None:
    for policy in ("AdministratorsOnly", AccessTokensPolicy.NONE, "AuthenticatedUsers"):
        assert changed(administrator_client, application, access_tokens_policy=[policy]).status_code == 302


def test_pol6_an_invalid_form_revokes_nothing(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    issued_pat(alice, application)
    answer = changed(
        administrator_client,
        application,
        access_tokens_policy=["None"],
        impact_seen=["None"],
        revoke_outside=["1"],
        name=[""],
    )
    assert answer.status_code == 422
    assert ReferenceToken.objects.get().revoked_at is None


# --- Confirming who it is --------------------------------------------------------------------------------------------


def test_t46_after_confirming_the_form_is_as_it_was_typed(
    administrator: User, application: TrustedApplication, alice: User
) -> None:
    Scope.objects.create(name="print", description="Print.")
    give_password(administrator)
    sent = form_of(signed_in(administrator).get(edit_of(application))) | {
        "name": ["Łódź & <b>"],
        "scopes": ["print", "read"],
        "owners": [str(alice.pk)],
        "allows_self_rotation": ["on"],
        "is_enabled": [],
    }
    client = signed_in(administrator, confirmed=False)
    asked = client.post(edit_of(application), sent)
    confirmed = client.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    shown = form_of(client.get(confirmed.headers["Location"]), edit_of(application))
    unimportant = {"csrfmiddlewaretoken", "next"}
    expected: Fields = {name: values for name, values in sent.items() if values}
    assert {name: shown[name] for name in set(shown) - unimportant} == {
        name: expected[name] for name in set(expected) - unimportant
    }


def test_t46_a_form_that_is_full_comes_back_from_the_confirmation_too(administrator: User) -> None:
    application = ApplicationFactory.create()
    people = [str(UserFactory.create().pk) for _number in range(50)]
    sent = form_of(signed_in(give_password(administrator)).get(edit_of(application))) | {
        "name": ["名" * 100],
        "description": ["😀" * 200],
        "owners": people,
        "is_enabled": [],
    }
    client = signed_in(administrator, confirmed=False)
    asked = client.post(edit_of(application), sent)
    assert len(asked.headers["Location"]) < 4_000
    client.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    shown = form_of(client.get(next_of(asked)), edit_of(application))
    assert (shown["name"], shown["description"]) == (sent["name"], sent["description"])
    assert sorted(shown["owners"]) == sorted(people)
    assert "is_enabled" not in shown


@pytest.mark.parametrize("becomes", ["as it was", "without its tokens", "impossible"])
def test_pol6_what_was_ticked_beside_the_tokens_stays_ticked_after_confirming(
    administrator: User, administrator_client: Client, application: TrustedApplication, alice: User, becomes: str
) -> None:
    token = issued_pat(alice, application).token
    ticked = form_of(changed(administrator_client, application, access_tokens_policy=["None"])) | {
        "revoke_outside": ["1"],
        "name": ["Word" if becomes != "impossible" else ""],
    }
    late = signed_in(give_password(administrator), confirmed=False)
    asked = late.post(edit_of(application), ticked)
    if becomes == "without its tokens":
        alter(token, revoked_at=timezone.now(), revocation_source="manage")
    late.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    came_back = late.get(next_of(asked))
    said = "1 live token could not be issued under this policy." in text_of(came_back)
    fields = form_of(came_back, edit_of(application))
    assert (said, fields.get("revoke_outside"), fields["name"]) == (
        (True, ["1"], ["Word"]) if becomes == "as it was" else (False, None, ticked["name"])
    )
    saved = late.post(edit_of(application), fields)
    assert saved.status_code == (422 if becomes == "impossible" else 302)
    token.refresh_from_db()
    assert (token.revoked_at is None) == (becomes == "impossible")


@pytest.mark.parametrize("query", ["x=y", "utm_source=mail", "q=", "name=Word&scopes=print", "name=Word&typed=x"])
def test_a_link_prepares_nothing_that_an_administrator_then_saves(
    administrator_client: Client, application: TrustedApplication, query: str
) -> None:
    plain = form_of(administrator_client.get(edit_of(application)))
    shown = form_of(administrator_client.get(f"{edit_of(application)}?{query}"), edit_of(application))
    assert {name: shown[name] for name in ("name", "is_enabled", "scopes")} == {
        name: plain[name] for name in ("name", "is_enabled", "scopes")
    }


# --- Two at once -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_new", [True, False])
def test_a_uri_that_somebody_takes_at_the_same_moment_is_422_and_no_server_error(
    administrator: User, application: TrustedApplication, is_new: bool
) -> None:
    client = signed_in(administrator)
    address = NEW if is_new else edit_of(application)
    fields = form_of(client.get(address)) | {"name": ["Word"], "application_uri": ["com.example/word"]}
    with threads() as start:
        with uncommitted(start, lambda: ApplicationFactory.create(application_uri="com.example/WORD")):
            answer = start(lambda: client.post(address, fields))
            assert is_waiting(answer)
        response = answer.result(20)
    assert response.status_code == 422
    assert errors_of(response) == ["Another Trusted Application has this URI."]
    assert form_of(response)["name"] == ["Word"]
