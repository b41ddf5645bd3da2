"""Resource Servers in the Instance Manager: the list, the page of one, its form, its secrets and its snippets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from instance_manager.resource_servers import snippets
from reference_tokens.lifecycle.resource_server_registration import add_secret, create_resource_server
from reference_tokens.models import AnswerCount, ResourceServer
from reference_tokens.validation.callers import authenticate
from tests.factories import PASSWORD, ApplicationFactory, ResourceServerFactory
from tests.introspection import Statements
from tests.pages import CONFIRM_URL, errors_of, form_of, give_password, next_of, secret_of, signed_in, text_of
from tests.reference_tokens.test_plaintext_is_nowhere import everything_stored
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/resource-servers/"
NEW = f"{LIST}new/"
SECRET = re.compile(r"enrs_[A-Za-z0-9_-]{43}")
# Names that are allowed, and are not to be taken for HTML, a format or a template.
POISONED = ["<script>alert(1)</script>", "\"'><b>&amp;", "{{ 7*7 }}{% x %}", "%(name)s %s", "الخادم"]


def page_of(server: Any) -> str:
    return f"{LIST}{server.pk}/"


def edit_of(server: Any) -> str:
    return f"{page_of(server)}edit/"


def removal_of(server: Any, secret: Any = None) -> str:
    return f"{page_of(server)}secrets/{(secret or server.secrets.order_by('pk').first()).pk}/remove/"


def second_secret(server: Any) -> str:
    return add_secret(actor=OPERATOR, server_id=server.pk, now=timezone.now())[1]


def filled_in(application: TrustedApplication, **changes: Any) -> dict[str, Any]:
    """The form of a new Resource Server, as it is sent."""
    values = {"name": "Orders API", "applications": [str(application.pk)], "is_enabled": "on"}
    return {name: value for name, value in (values | changes).items() if value is not None}


# --- The list --------------------------------------------------------------------------------------------------------


def test_without_resource_servers_the_page_says_what_to_do(administrator_client: Client) -> None:
    response = administrator_client.get(LIST)
    assert "No Resource Servers yet Register each API, or the proxy in front of it" in text_of(response)
    assert f'href="{NEW}"' in response.content.decode()


def test_a_row_says_what_the_server_is(administrator_client: Client, application: TrustedApplication) -> None:
    server = ResourceServerFactory.create(name="Orders API", asks_for_all_applications=False)
    server.applications.set([application, ApplicationFactory.create(name="Access")])
    response = administrator_client.get(LIST)
    assert f"Orders API {server.client_id} Access, Excel Never" in text_of(response)
    assert "1 Resource Server" in text_of(response)
    assert f'href="{page_of(server)}"><bdi>Orders API' in response.content.decode()


def test_a_row_tells_of_all_applications_and_none_of_a_disabled_server_and_of_the_last_question(
    administrator_client: Client,
) -> None:
    asked = datetime(2027, 1, 31, 12, tzinfo=UTC)
    one = ResourceServerFactory.create(name="A", is_enabled=False, last_asked_at=asked)
    two = ResourceServerFactory.create(name="B", asks_for_all_applications=False)
    response = administrator_client.get(LIST)
    assert f"A {one.client_id}Disabled All applications" in text_of(response)
    assert f"B {two.client_id} None Never" in text_of(response)
    assert 'datetime="2027-01-31T12:00' in response.content.decode()


def test_the_list_is_sorted_by_name(administrator_client: Client) -> None:
    for name in ("beta", "alpha", "gamma"):
        ResourceServerFactory.create(name=name)
    content = administrator_client.get(LIST).content.decode()
    assert re.findall(r'class="token-name" [^>]*><bdi>(.*?)</bdi>', content) == ["alpha", "beta", "gamma"]


def test_a_hundred_servers_cost_as_many_queries_as_one(
    administrator_client: Client, application: TrustedApplication
) -> None:
    def queries() -> int:
        with Statements() as statements:
            assert administrator_client.get(LIST).status_code == 200
        return len(statements.sql)

    ResourceServerFactory.create().applications.add(application)
    for_one = queries()
    for server in ResourceServerFactory.create_batch(99, asks_for_all_applications=False):
        server.applications.add(application)
    assert queries() == for_one <= 8
    assert "100 Resource Servers" in text_of(administrator_client.get(LIST))


# --- The page of one -------------------------------------------------------------------------------------------------


def test_the_page_tells_all_there_is_to_know(administrator_client: Client, application: TrustedApplication) -> None:
    server = ResourceServerFactory.create(
        name="Orders API", asks_for_all_applications=False, may_revoke=True, required_scopes=["read"]
    )
    server.applications.add(application)
    words = text_of(administrator_client.get(page_of(server)))
    assert f"Orders API {server.client_id}" in words
    assert "Asks about Excel Last asked Never May revoke Yes Learns the holder's profile No" in words
    assert "Required scopes at forward auth read Answers so far None" in words


def test_the_page_says_that_a_server_is_disabled_and_when_it_last_asked(administrator_client: Client) -> None:
    server = ResourceServerFactory.create(is_enabled=False, last_asked_at=datetime(2027, 1, 31, 12, tzinfo=UTC))
    response = administrator_client.get(page_of(server))
    assert "This Resource Server is disabled Every question of it is refused." in text_of(response)
    assert 'datetime="2027-01-31T12:00' in response.content.decode()


def test_the_page_counts_the_answers_of_all_days_the_most_frequent_first(
    administrator_client: Client, server: Any
) -> None:
    for day, outcome, count in [
        (1, "active", 2),
        (1, "other_server", 500),
        (2, "other_server", 734),
        (2, "expired", 3),
    ]:
        AnswerCount.objects.create(day=f"2027-01-0{day}", client_id=server.client_id, outcome=outcome, count=count)
    AnswerCount.objects.create(day="2027-01-01", client_id="rs_other", outcome="revoked", count=9)
    words = text_of(administrator_client.get(page_of(server)))
    assert "Answers so far other server: 1,234, expired: 3, active: 2" in words
    assert "revoked" not in words.partition("Answers so far")[2].partition("Secrets")[0]


def test_t22_the_page_shows_hints_of_secrets_and_offers_what_can_be_done(
    administrator_client: Client, server: Any
) -> None:
    content = administrator_client.get(page_of(server)).content.decode()
    assert f"enrs_…{server.plain_secret[-4:]}" in content
    assert "secrets/new/" in content
    assert "/remove/" not in content
    second = second_secret(server)
    content = administrator_client.get(page_of(server)).content.decode()
    assert f"enrs_…{second[-4:]}" in content
    assert "secrets/new/" not in content
    assert content.count("/remove/") == 2
    assert not SECRET.search(content)


def test_the_snippets_are_for_this_server_and_this_instance_and_hold_no_secret(
    administrator_client: Client, server: Any, settings: Any
) -> None:
    settings.BASE_URL = "https://tokens.acme.test"
    response = administrator_client.get(page_of(server))
    shown = [unescape(text) for text in re.findall(r"<pre [^>]*>(.*?)</pre>", response.content.decode(), re.DOTALL)]
    assert len(shown) == len(snippets.files()) > 0
    filled_in = [text for text in shown if "https://tokens.acme.test" in text or server.client_id in text]
    # HAProxy's Lua file is the same for every server: the configuration beside it names the address.
    assert len(filled_in) == len(shown) - 1
    assert [text for text in shown if snippets.EXAMPLE_HOST in text or snippets.EXAMPLE_CLIENT_ID in text] == []
    assert [text for text in shown if SECRET.search(text) or server.plain_secret in text] == []


def test_every_file_of_the_snippets_has_a_name() -> None:
    assert {path.name for path in snippets.FOLDER.iterdir() if path.is_file()} <= set(snippets.NAMES)


def test_a_snippet_stands_with_its_name(administrator_client: Client, server: Any) -> None:
    found = snippets.snippets_for(server.client_id)
    words = text_of(administrator_client.get(page_of(server)))
    assert [snippet for snippet in found if f"{snippet.name} {snippet.file}" not in words] == []


# --- Register --------------------------------------------------------------------------------------------------------


def test_the_form_of_a_new_server_is_enabled_and_may_nothing(
    administrator_client: Client, application: TrustedApplication
) -> None:
    response = administrator_client.get(NEW)
    fields = form_of(response)
    fields.pop("csrfmiddlewaretoken")
    assert fields == {"name": [""], "is_enabled": ["on"]}
    assert "New Resource Server" in text_of(response)


def test_t22_a_registered_server_shows_its_secret_once_and_it_works(
    administrator_client: Client, application: TrustedApplication
) -> None:
    response = administrator_client.post(NEW, filled_in(application, may_revoke="on", required_scopes=["read"]))
    secret, server = secret_of(response), ResourceServer.objects.get()
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert SECRET.fullmatch(secret)
    assert response.content.decode().count(secret) == 1
    assert authenticate(server.client_id, secret)
    assert (server.name, server.may_revoke, server.shares_profile) == ("Orders API", True, False)
    assert (server.required_scopes, list(server.applications.all())) == (("read",), [application])


def test_t22_the_secret_is_stored_nowhere_and_shown_nowhere_again(
    administrator_client: Client, application: TrustedApplication
) -> None:
    response = administrator_client.post(NEW, filled_in(application))
    secret, server = secret_of(response), ResourceServer.objects.get()
    for address in (LIST, page_of(server), edit_of(server), removal_of(server), "/manage/"):
        assert secret not in administrator_client.get(address).content.decode()
    stored = everything_stored()
    assert server.client_id.encode() in stored
    assert secret.encode() not in stored
    assert secret.removeprefix("enrs_").encode() not in stored
    assert "Secret created" not in str(dict(administrator_client.session))


def test_aud1_the_administrator_stands_in_the_audit_log(
    administrator_client: Client, administrator: User, application: TrustedApplication
) -> None:
    administrator_client.post(NEW, filled_in(application))
    event = AuditEvent.objects.get(action="resource_server:create")
    assert (event.source, event.actor_id) == ("manage", str(administrator.pk))


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": " "}, "Name: This field is required."),
    "a long name": ({"name": "x" * 101}, "Ensure this value has at most 100 characters (it has 101)."),
    "invisible characters": ({"name": "Orders\u202eAPI"}, "Remove the invisible characters."),
    "a taken name": ({"name": "Taken"}, "Resource Server with this Name already exists."),
    "no application": ({"applications": None}, "Choose its applications, or let it ask about all."),
    "an unknown scope": (
        {"required_scopes": ["fly"]},
        "Select a valid choice. fly is not one of the available choices.",
    ),
    "an odd application": ({"applications": ["x"]}, "“x” is not a valid UUID."),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    administrator_client: Client, application: TrustedApplication, case: str
) -> None:
    changes, message = BAD[case]
    ResourceServerFactory.create(name="Taken")
    sent = filled_in(application, shares_profile="on", **changes)
    response = administrator_client.post(NEW, sent)
    assert response.status_code == 422
    assert message in errors_of(response)
    fields = form_of(response)
    assert fields["name"] == [sent["name"]]
    assert fields["shares_profile"] == ["on"]
    assert ("applications" in fields) == (sent.get("applications") == [str(application.pk)])
    assert ResourceServer.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_a_name_that_is_taken_between_the_check_and_the_saving_is_said(
    administrator_client: Client, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What another administrator does at the same moment: its row is committed after the form was checked.
    monkeypatch.setattr("reference_tokens.models.ResourceServer.validate_unique", lambda *_args, **_options: None)
    monkeypatch.setattr("reference_tokens.models.ResourceServer.validate_constraints", lambda *_args, **_options: None)
    server = ResourceServerFactory.create(name="Mine")
    ResourceServerFactory.create(name="Taken")
    for address in (NEW, edit_of(server)):
        response = administrator_client.post(address, filled_in(application, name="Taken"))
        assert response.status_code == 422
        assert errors_of(response) == ["Another Resource Server has this name."]


def test_a_server_for_all_applications_needs_none(
    administrator_client: Client, application: TrustedApplication
) -> None:
    sent = filled_in(application, applications=None, asks_for_all_applications="on")
    assert administrator_client.post(NEW, sent).status_code == 200
    assert ResourceServer.objects.get().asks_for_all_applications


# --- Edit ------------------------------------------------------------------------------------------------------------


def test_the_form_of_a_known_server_holds_what_is_stored(
    administrator_client: Client, application: TrustedApplication
) -> None:
    server = ResourceServerFactory.create(name="Orders API", may_revoke=True, required_scopes=["update"])
    server.applications.add(application)
    fields = form_of(administrator_client.get(edit_of(server)))
    for name in ("csrfmiddlewaretoken", "version"):
        fields.pop(name)
    assert fields == {
        "name": ["Orders API"],
        "asks_for_all_applications": ["on"],
        "applications": [str(application.pk)],
        "may_revoke": ["on"],
        "required_scopes": ["update"],
        "is_enabled": ["on"],
    }


def test_a_form_that_is_sent_back_unchanged_changes_nothing(
    administrator_client: Client, application: TrustedApplication
) -> None:
    server = ResourceServerFactory.create(required_scopes=["read"], shares_profile=True)
    server.applications.add(application)
    response = administrator_client.post(edit_of(server), form_of(administrator_client.get(edit_of(server))))
    assert response["Location"] == page_of(server)
    assert not AuditEvent.objects.exists()


def test_t22_a_change_is_saved_recorded_and_felt_at_once(
    administrator_client: Client, server: Any, application: TrustedApplication
) -> None:
    assert authenticate(server.client_id, server.plain_secret)
    sent = filled_in(application, name="Billing API", is_enabled=None)
    response = administrator_client.post(edit_of(server), sent, follow=True)
    assert response.redirect_chain == [(page_of(server), 302)]
    assert "The changes to Billing API were saved." in text_of(response)
    assert authenticate(server.client_id, server.plain_secret) is None
    event = AuditEvent.objects.get()
    assert event.action == "resource_server:update"
    assert event.details["after"] == {
        "name": "Billing API",
        "is_enabled": False,
        "applications": ["com.example/excel"],
        "asks_for_all_applications": False,
    }


@pytest.mark.parametrize("case", BAD)
def test_a_bad_change_is_said_and_nothing_is_stored(
    administrator_client: Client, server: Any, application: TrustedApplication, case: str
) -> None:
    changes, message = BAD[case]
    ResourceServerFactory.create(name="Taken")
    response = administrator_client.post(edit_of(server), filled_in(application, **changes))
    assert response.status_code == 422
    assert message in errors_of(response)
    # The page still calls it by the name it has.
    assert f"</svg><bdi>{server.name}</bdi></a>" in re.sub(r"\s*\n\s*", "", response.content.decode())
    stored = ResourceServer.objects.get(pk=server.pk)
    assert (stored.name, stored.asks_for_all_applications) == (server.name, True)


def test_a_required_scope_that_is_gone_is_not_dropped_unseen(
    administrator_client: Client, application: TrustedApplication
) -> None:
    archive = Scope.objects.create(name="archive", description="Archive data.")
    server = ResourceServerFactory.create(required_scopes=["archive"])
    archive.delete()
    fields = form_of(administrator_client.get(edit_of(server)))
    assert fields["required_scopes"] == ["archive"]
    response = administrator_client.post(edit_of(server), fields)
    assert (response.status_code, errors_of(response)) == (422, ["Unknown scope: archive."])
    del fields["required_scopes"]
    assert administrator_client.post(edit_of(server), fields).status_code == 302
    assert ResourceServer.objects.get().required_scopes == ()


# --- Secrets ---------------------------------------------------------------------------------------------------------


def test_t22_adding_a_secret_asks_then_shows_it_once(administrator_client: Client, server: Any) -> None:
    address = f"{page_of(server)}secrets/new/"
    question = administrator_client.get(address)
    assert "Both secrets are good until you remove one" in text_of(question)
    assert server.secrets.count() == 1
    response = administrator_client.post(address, form_of(question))
    secret = secret_of(response)
    assert response["Cache-Control"] == "no-store"
    assert authenticate(server.client_id, secret)
    assert authenticate(server.client_id, server.plain_secret)
    assert secret.encode() not in everything_stored()
    assert secret not in administrator_client.get(page_of(server)).content.decode()


def test_t22_a_third_secret_is_refused_with_a_message(administrator_client: Client, server: Any) -> None:
    second_secret(server)
    response = administrator_client.post(f"{page_of(server)}secrets/new/", follow=True)
    assert response.redirect_chain == [(page_of(server), 302)]
    assert "It has two secrets, which is the limit" in text_of(response)
    assert server.secrets.count() == 2


def test_t22_removing_a_secret_asks_then_refuses_it_at_once(administrator_client: Client, server: Any) -> None:
    second, address = second_secret(server), removal_of(server)
    question = administrator_client.get(address)
    assert f"Remove the secret enrs_…{server.plain_secret[-4:]}" in text_of(question)
    assert server.secrets.count() == 2
    response = administrator_client.post(address, form_of(question), follow=True)
    assert "The secret was removed." in text_of(response)
    assert authenticate(server.client_id, server.plain_secret) is None
    assert authenticate(server.client_id, second)


def test_t22_the_only_secret_stays_with_a_message(administrator_client: Client, server: Any) -> None:
    response = administrator_client.post(removal_of(server), follow=True)
    assert "It is the only secret: add another first" in text_of(response)
    assert authenticate(server.client_id, server.plain_secret)


def test_a_secret_that_is_not_there_is_404_to_read(administrator_client: Client, server: Any) -> None:
    other = ResourceServerFactory.create()
    for address in (f"{page_of(server)}secrets/4711/remove/", removal_of(server, other.secrets.get())):
        assert administrator_client.get(address).status_code == 404
        assert administrator_client.head(address).status_code == 404
    assert other.secrets.count() == 1


def test_a_removal_that_is_sent_twice_says_the_second_time_that_it_was_done(
    administrator_client: Client, server: Any
) -> None:
    second_secret(server)
    address = removal_of(server)
    administrator_client.post(address)
    response = administrator_client.post(address, follow=True)
    assert response.redirect_chain == [(page_of(server), 302)]
    assert "This secret is not there any more." in text_of(response)
    assert AuditEvent.objects.filter(action="resource_server:remove_secret").count() == 1


# --- Confirming who it is (PEO-3) ------------------------------------------------------------------------------------


@pytest.fixture
def unconfirmed(administrator: User) -> Client:
    """The administrator, who signed in 16 minutes ago."""
    return signed_in(give_password(administrator), confirmed=False)


def confirm(client: Client, response: Any) -> Any:
    """Confirm with the password where the product leads to; returns the page that comes then."""
    assert response["Location"].startswith(CONFIRM_URL)
    confirmed = client.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(response)})
    return client.get(confirmed["Location"])


@pytest.mark.parametrize("is_new", [True, False])
def test_peo3_what_was_typed_stands_there_again_after_confirming(
    unconfirmed: Client, server: Any, application: TrustedApplication, is_new: bool
) -> None:
    address = NEW if is_new else edit_of(server)
    sent = filled_in(application, name="Ä & <b>", may_revoke="on", required_scopes=["read", "update"], is_enabled=None)
    response = confirm(unconfirmed, unconfirmed.post(address, sent))
    fields = form_of(response)
    fields.pop("csrfmiddlewaretoken")
    assert fields == {
        "name": ["Ä & <b>"],
        "applications": [str(application.pk)],
        "may_revoke": ["on"],
        "required_scopes": ["read", "update"],
    }
    assert ResourceServer.objects.get() == server
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("path", ["secrets/new/", "remove"])
def test_peo3_after_confirming_it_is_asked_again_before_a_secret_is_touched(
    unconfirmed: Client, server: Any, path: str
) -> None:
    second_secret(server)
    address = removal_of(server) if path == "remove" else f"{page_of(server)}{path}"
    response = confirm(unconfirmed, unconfirmed.post(address))
    assert (response.status_code, response.wsgi_request.path) == (200, address)
    assert server.secrets.count() == 2


@pytest.mark.parametrize("query", ["utm_source=x", "is_enabled=", "x=1&may_revoke=on"])
def test_an_address_that_carries_no_form_shows_what_is_stored(
    administrator_client: Client, server: Any, query: str
) -> None:
    plain = form_of(administrator_client.get(edit_of(server)))
    odd = form_of(administrator_client.get(f"{edit_of(server)}?{query}"))
    assert {**odd, "csrfmiddlewaretoken": []} == {**plain, "csrfmiddlewaretoken": []}


@pytest.mark.parametrize("query", ["name=%00", "name=&applications=x&required_scopes=%00", "name=" + "x" * 3000])
def test_t65_a_strange_address_is_no_server_error(administrator_client: Client, server: Any, query: str) -> None:
    for address in (LIST, NEW, page_of(server), edit_of(server), removal_of(server)):
        assert administrator_client.get(f"{address}?{query}").status_code == 200


def test_t65_an_id_beyond_what_the_database_counts_is_404(administrator_client: Client, server: Any) -> None:
    for address in (f"{LIST}{10**30}/", f"{LIST}{10**30}/edit/", f"{page_of(server)}secrets/{10**30}/remove/"):
        assert administrator_client.get(address).status_code == 404


# --- Poisoned texts (T41) --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POISONED)
def test_t41_a_poisoned_name_is_text_on_every_page(
    administrator_client: Client, application: TrustedApplication, name: str
) -> None:
    TrustedApplication.objects.filter(pk=application.pk).update(name=name)
    created = administrator_client.post(NEW, filled_in(application, name=name))
    server = ResourceServer.objects.get()
    second = administrator_client.post(f"{page_of(server)}secrets/new/")
    saved = administrator_client.post(edit_of(server), filled_in(application, name=name), follow=True)
    refused = administrator_client.post(edit_of(server), filled_in(application, name=name, applications=None))
    addresses = (LIST, page_of(server), edit_of(server), removal_of(server))
    pages = [created, second, saved, refused, *(administrator_client.get(address) for address in addresses)]
    for page in pages:
        assert name in text_of(page) or name in form_of(page)["name"]
        if "<" in name:
            assert name not in page.content.decode()
    assert f"The changes to {name} were saved." in text_of(saved)


def test_the_page_of_a_server_with_many_applications_costs_few_queries(
    administrator_client: Client, server: Any
) -> None:
    for application in ApplicationFactory.create_batch(30):
        server.applications.add(application)
    with Statements() as statements:
        administrator_client.get(page_of(server))
    assert len(statements.sql) <= 9


def test_the_command_and_the_page_register_alike(administrator_client: Client, application: TrustedApplication) -> None:
    create_resource_server(actor=OPERATOR, now=timezone.now(), name="By command", applications=[application])
    administrator_client.post(NEW, filled_in(application, name="By page"))
    one, other = (event.details["after"] for event in AuditEvent.objects.order_by("seq"))
    assert one | {"name": ""} == other | {"name": ""}
