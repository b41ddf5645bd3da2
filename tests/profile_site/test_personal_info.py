"""Personal info: who the signed-in person is here, and how they read times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.factories import alter, issued_pat
from tests.pages import errors_of, form_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def test_the_page_says_who_the_person_is(alice: User, alice_client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    words = text_of(alice_client.get("/profile/"))
    assert "Name Alice User name alice E-mail address alice@example.com Role User" in words
    assert "Groups" not in words


def test_groups_stand_there_by_name(alice: User, alice_client: Client) -> None:
    for name in ("writers", "<b>editors"):
        alice.groups.add(Group.objects.create(name=name))
    content = alice_client.get("/profile/").content.decode()
    assert '<span class="chip">&lt;b&gt;editors</span><span class="chip">writers</span>' in content


def test_an_administrator_is_called_one_and_can_go_to_the_instance_manager(administrator_client: Client) -> None:
    response = administrator_client.get("/profile/")
    assert "Role Administrator" in text_of(response)
    assert 'href="/manage/"' in response.content.decode()


def test_a_person_without_a_name_is_shown_by_the_user_name(alice: User, alice_client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(name="")
    words = text_of(alice_client.get("/profile/"))
    assert "Name alice" in words
    assert "E-mail address None" in words


def test_the_current_page_is_marked_in_the_navigation(alice_client: Client) -> None:
    content = alice_client.get("/profile/").content.decode()
    assert '<a class="nav-item" href="/profile/" aria-current="page">' in content
    assert '<a class="nav-item" href="/profile/security/tokens/">' in content


# --- Changing it -----------------------------------------------------------------------------------------------------

EDIT = "/profile/edit/"


def sent(**changes: str) -> dict[str, str]:
    return {"name": "Alice Adams", "language": "en", "time_zone": "Europe/Berlin"} | changes


def test_the_form_shows_what_is_and_keeps_what_is_typed(alice: User, alice_client: Client) -> None:
    assert form_of(alice_client.get(EDIT))["name"] == ["Alice"]
    assert form_of(alice_client.get(EDIT))["time_zone"] == ["UTC"]
    response = alice_client.post(EDIT, sent())
    assert (response.status_code, response.headers["Location"]) == (302, "/profile/")
    words = text_of(alice_client.get("/profile/"))
    assert "Your personal info was saved." in words
    assert "Name Alice Adams" in words
    assert "Language English Time zone Europe/Berlin Current time there:" in words
    assert form_of(alice_client.get(EDIT))["time_zone"] == ["Europe/Berlin"]


def test_aud1_a_change_is_recorded_without_the_name_itself(alice: User, alice_client: Client) -> None:
    alice_client.post(EDIT, sent())
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id, event.target_id) == ("user:update", str(alice.pk), str(alice.pk))
    assert event.details == {"changed": ["name", "language", "time_zone"]}
    alice_client.post(EDIT, sent())
    assert AuditEvent.objects.count() == 1


def test_the_browsers_language_is_not_the_one_that_was_chosen_in_a_page_before(alice_client: Client) -> None:
    alice_client.post("/language/", {"language": "bg"})
    german = {"accept-language": "de"}
    assert alice_client.get(EDIT, headers=german).headers["Content-Language"] == "bg"
    assert alice_client.post(EDIT, sent(language="")).status_code == 302
    assert alice_client.get(EDIT, headers=german).headers["Content-Language"] == "de"


def test_who_chose_no_language_is_told_so_and_can_go_back_to_that(alice: User, alice_client: Client) -> None:
    assert form_of(alice_client.get(EDIT))["language"] == [""]
    assert "Language The browser's language Time zone" in text_of(alice_client.get("/profile/"))
    for language in ("de", ""):
        assert alice_client.post(EDIT, sent(language=language)).status_code == 302
        alice.refresh_from_db()
        assert alice.language == language


def test_zones_stand_in_their_regions_by_place(alice_client: Client) -> None:
    content = alice_client.get(EDIT).content.decode()
    assert '<option value="UTC" selected>UTC (coordinated universal time)</option>' in content
    assert '<optgroup label="Europe">' in content
    assert '<option value="Europe/Berlin">Berlin</option>' in content
    assert '<option value="America/Argentina/Buenos_Aires">Buenos Aires, Argentina</option>' in content
    assert "US/Eastern" not in content
    assert "Etc/" not in content


def test_a_zone_of_another_kind_stays_chosen(alice: User, alice_client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="US/Eastern")
    form = form_of(alice_client.get(EDIT))
    assert form["time_zone"] == ["US/Eastern"]
    assert alice_client.post(EDIT, form).status_code == 302


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": "Al\u202eice"}, "Remove the invisible characters."),
        ({"name": "Al\u200bice"}, "Remove the invisible characters."),
        ({"name": "a\nb"}, "Remove the invisible characters."),
        ({"name": "x" * 151}, "Ensure this value has at most 150 characters (it has 151)."),
        ({"time_zone": "Europe/Nowhere"}, "Choose one of the listed time zones."),
        ({"time_zone": "../../etc/passwd"}, "Choose one of the listed time zones."),
        ({"time_zone": ""}, "Choose a time zone."),
        ({"language": "tlh"}, "Choose one of the languages."),
    ],
)
def test_t63_what_may_not_be_is_refused_and_nothing_changes(
    alice: User, alice_client: Client, changes: dict[str, str], error: str
) -> None:
    response = alice_client.post(EDIT, sent(**changes))
    assert response.status_code == 422
    assert errors_of(response) == [error]
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone) == ("Alice", "UTC")


def test_t12_nothing_else_can_be_changed_here(alice: User, alice_client: Client) -> None:
    more = {"username": "root", "email": "x@example.com", "is_administrator": "on", "kind": "SYSTEM", "id": "1"}
    alice_client.post(EDIT, sent() | more)
    alice.refresh_from_db()
    assert (alice.username, alice.email, alice.is_administrator, alice.kind) == ("alice", "", False, "PERSON")


def test_a_name_can_be_taken_back(alice: User, alice_client: Client) -> None:
    alice_client.post(EDIT, sent(name="  "))
    assert "Name alice" in text_of(alice_client.get("/profile/"))


# --- Times as the person reads them ----------------------------------------------------------------------------------

AT = datetime(2036, 11, 23, 23, 30, tzinfo=UTC)


@pytest.fixture
def in_berlin(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Berlin")


def test_exact_times_are_in_the_persons_zone_with_utc_beside(
    alice: User, alice_client: Client, application: TrustedApplication, in_berlin: None
) -> None:
    token = issued_pat(alice, application).token
    alter(token, expires_at=AT)
    words = text_of(alice_client.get("/profile/security/tokens/"))
    assert "24 Nov 2036, 00:30:00 Europe/Berlin (23 Nov 2036, 23:30:00 UTC)" in words
    asked = text_of(alice_client.get(f"/profile/security/tokens/{token.pk}/revoke/"))
    assert "Expires 24 Nov 2036, 00:30 Europe/Berlin (23 Nov 2036, 23:30 UTC)" in asked


def test_a_time_element_always_says_utc_to_programs(
    alice: User, alice_client: Client, application: TrustedApplication, in_berlin: None
) -> None:
    alter(issued_pat(alice, application).token, expires_at=AT)
    content = alice_client.get("/profile/security/tokens/").content.decode()
    assert '<time datetime="2036-11-23T23:30:00Z">' in content


def test_t6_what_is_typed_into_a_form_is_utc_whatever_the_zone(
    alice: User, alice_client: Client, application: TrustedApplication, in_berlin: None
) -> None:
    page = alice_client.get("/profile/security/tokens/new/")
    tomorrow = (timezone.now() + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    chosen = {"application": str(application.pk), "expires": "custom", "expires_at": f"{tomorrow:%Y-%m-%dT%H:%M}"}
    assert alice_client.post("/profile/security/tokens/new/", form_of(page) | chosen).status_code == 200
    assert ReferenceToken.objects.get().expires_at == tomorrow


def test_the_zone_of_one_request_is_gone_in_the_next(alice: User, alice_client: Client, in_berlin: None) -> None:
    alice_client.get("/profile/")
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("zone", ["Moon/Base", "", "../x"])
def test_a_zone_that_is_no_longer_known_is_utc(alice: User, alice_client: Client, zone: str) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone=zone)
    assert alice_client.get("/profile/").status_code == 200
