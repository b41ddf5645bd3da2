"""EDIT-1: saving a form undoes nothing that somebody else has changed since it was opened (T70)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.concurrency import is_waiting, threads, uncommitted
from tests.edited_forms import FORMS, MANAGE, Form
from tests.factories import PASSWORD, UserFactory, issued_pat, made_applications, waiting_link
from tests.pages import CONFIRM_URL, HTMX, form_of, give_password, next_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


CHANGED = "Not saved: this was changed after you opened the form."
ASIDE = {"csrfmiddlewaretoken", "version", "next"}


@pytest.fixture
def form(request: pytest.FixtureRequest, alice: User, application: TrustedApplication, server: Any) -> Form:
    Group.objects.create(name="Data")
    made: Form = FORMS[request.param]()
    return made


@pytest.fixture
def mine(form: Form, administrator: User) -> Client:
    """The browser of whoever opened the form first."""
    return signed_in(form.own or administrator)


@pytest.fixture
def olga(db: None) -> User:
    return UserFactory.create(username="olga", administrator=True)


@pytest.fixture
def theirs(form: Form, olga: User) -> Client:
    """The browser of whoever changes the same thing meanwhile."""
    return signed_in(form.own if form.own and not form.their_address else olga)


def change_it(form: Form, theirs: Client) -> Any:
    """Let the other one save their change; returns what is stored then."""
    address = form.their_address or form.address
    page = theirs.get(address.replace("members/add/", ""))
    assert theirs.post(address, form_of(page, address) | form.theirs).status_code == 302
    return form.stored()


each = pytest.mark.parametrize("form", FORMS, indirect=True)


@each
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_edit1_what_somebody_changed_meanwhile_is_told_and_nothing_is_saved(
    form: Form, mine: Client, theirs: Client, headers: Any
) -> None:
    typed = form_of(mine.get(form.address), form.address) | form.typed
    stored = change_it(form, theirs)
    events = AuditEvent.objects.count()

    response = mine.post(form.address, typed, headers=headers)

    assert response.status_code == 409
    assert (form.stored(), AuditEvent.objects.count()) == (stored, events)
    assert CHANGED in text_of(response)
    words = text_of(response)
    assert form.told in words[words.index(CHANGED) : words.index("The form holds")]
    shown = form_of(response, form.address)
    assert {name: shown.get(name, []) for name in typed if name not in ASIDE} == {
        name: typed[name] for name in typed if name not in ASIDE
    }


@each
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_edit1_who_has_read_it_saves_knowingly(form: Form, mine: Client, theirs: Client, headers: Any) -> None:
    typed = form_of(mine.get(form.address), form.address) | form.typed
    stored = change_it(form, theirs)
    told = mine.post(form.address, typed, headers=headers)
    response = mine.post(form.address, form_of(told, form.address))
    assert response.status_code == 302
    assert form.stored() != stored


@each
def test_edit1_what_changes_once_more_is_told_once_more(form: Form, mine: Client, theirs: Client) -> None:
    typed = form_of(mine.get(form.address), form.address) | form.typed
    told = mine.post(form.address, typed | {"version": ["0" * len(typed["version"][0])]})
    assert told.status_code == 409
    change_it(form, theirs)
    assert mine.post(form.address, form_of(told, form.address)).status_code == 409


@each
def test_edit1_the_double_click_saves_once_and_is_no_conflict(form: Form, mine: Client) -> None:
    typed = form_of(mine.get(form.address), form.address) | form.typed
    answers = [mine.post(form.address, typed).status_code for _time in range(2)]
    assert answers == [302, 302]
    assert AuditEvent.objects.filter(action__regex="update|rename").count() == 1


@each
def test_edit1_nothing_is_in_the_way_of_who_is_alone(form: Form, mine: Client) -> None:
    before = form.stored()
    for _time in range(2):
        page = mine.get(form.address)
        assert CHANGED not in text_of(page)
        assert mine.post(form.address, form_of(page, form.address) | form.typed).status_code == 302
    assert form.stored() != before


@each
def test_edit1_a_form_keeps_its_version_while_its_faults_are_mended(form: Form, mine: Client, theirs: Client) -> None:
    opened = form_of(mine.get(form.address), form.address)
    faulty = mine.post(form.address, opened | form.typed | {form.text: ["\u202e"]})
    assert faulty.status_code == 422
    change_it(form, theirs)
    mended = form_of(faulty, form.address) | {form.text: opened.get(form.text, ["UTC"])} | form.typed
    assert mine.post(form.address, mended).status_code == 409


@pytest.mark.parametrize("form", [name for name in FORMS if name != "personal info"], indirect=True)
def test_edit1_a_confirmation_makes_no_form_newer_than_it_is(
    form: Form, administrator: User, mine: Client, theirs: Client
) -> None:
    typed = form_of(mine.get(form.address), form.address) | form.typed
    stored = change_it(form, theirs)
    late = signed_in(give_password(form.own or administrator), confirmed=False)
    asked = late.post(form.address, typed)
    late.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    response = late.post(form.address, form_of(late.get(next_of(asked)), form.address))
    assert response.status_code == 409
    assert form.stored() == stored


@pytest.mark.parametrize("form", [name for name in FORMS if name != "passkey"], indirect=True)
@pytest.mark.parametrize("version", ["missing", "of another release"])
def test_edit1_a_form_without_its_version_undoes_nothing_that_was_changed_since_the_sign_in(
    form: Form, mine: Client, theirs: Client, version: str
) -> None:
    typed = form_of(mine.get(form.address), form.address) | form.typed
    typed["version"] = [] if version == "missing" else ["1234"]
    stored = change_it(form, theirs)
    response = mine.post(form.address, typed)
    assert response.status_code == 409
    assert form.stored() == stored
    assert mine.post(form.address, form_of(response, form.address)).status_code == 302


@each
def test_edit1_a_form_without_its_version_is_taken_where_nobody_else_changed_anything(
    form: Form, mine: Client, theirs: Client
) -> None:
    with time_machine.travel(timezone.now() - timedelta(minutes=10)):
        change_it(form, theirs)
    typed = form_of(mine.get(form.address), form.address) | form.typed | {"version": []}
    assert [mine.post(form.address, typed).status_code for _time in range(2)] == [302, 302]


def test_edit1_what_was_changed_and_changed_back_is_as_it_was(
    administrator_client: Client, application: TrustedApplication
) -> None:
    address = f"{MANAGE}trusted-apps/{application.pk}/edit/"
    typed = form_of(administrator_client.get(address)) | {"description": ["Sheets"]}
    for is_enabled in (False, True):
        TrustedApplication.objects.update(is_enabled=is_enabled)
    assert administrator_client.post(address, typed).status_code == 302


def test_edit1_what_no_record_names_is_told_without_a_name(
    administrator_client: Client, application: TrustedApplication
) -> None:
    address = f"{MANAGE}trusted-apps/{application.pk}/edit/"
    typed = form_of(administrator_client.get(address)) | {"description": ["Sheets"]}
    TrustedApplication.objects.update(is_enabled=False, max_lifetime_days=7)
    response = administrator_client.post(address, typed)
    assert "Enabled No Maximum lifetime in days 7 The form holds" in text_of(response)
    assert "changed by" not in text_of(response)


def test_edit1_the_people_of_an_application_are_told_by_name(
    administrator: User, administrator_client: Client, application: TrustedApplication, alice: User, olga: User
) -> None:
    address = f"{MANAGE}trusted-apps/{application.pk}/edit/"
    typed = form_of(administrator_client.get(address)) | {"description": ["Sheets"]}
    robot, other = UserFactory.create(username="robot", system=True), signed_in(olga)
    owners = [str(person.pk) for person in (alice, administrator)]
    changed = form_of(other.get(address)) | {"owners": owners, "system_user": [str(robot.pk)]}
    assert other.post(address, changed).status_code == 302
    words = text_of(administrator_client.post(address, typed))
    assert "System User Robot (robot) changed by Olga (olga)" in words
    assert "Owners Ada (ada), Alice (alice) changed by Olga (olga)" in words


def test_edit1_a_group_that_is_gone_is_told_where_there_are_no_others(
    alice: User, administrator_client: Client, olga: User
) -> None:
    group = Group.objects.create(name="Data")
    alice.groups.add(group)
    address = f"{MANAGE}users/{alice.pk}/edit/"
    typed = form_of(administrator_client.get(address)) | {"name": ["Alicia"]}
    signed_in(olga).post(f"{MANAGE}groups/{group.pk}/delete/")
    response = administrator_client.post(address, typed)
    assert response.status_code == 409
    assert "Groups Empty" in text_of(response)
    assert administrator_client.post(address, form_of(response)).status_code == 302


def test_edit1_a_language_is_told_by_its_name(alice: User, alice_client: Client) -> None:
    typed = form_of(alice_client.get("/profile/edit/")) | {"name": ["Alicia"]}
    User.objects.filter(pk=alice.pk).update(language="fr", time_zone="Asia/Tokyo")
    User.objects.filter(pk=alice.pk).update(language="xx")
    words = text_of(alice_client.post("/profile/edit/", typed))
    assert "Language xx Time zone Asia/Tokyo" in words


def test_edit1_an_address_that_the_person_changed_is_told_to_the_administrator(
    alice: User, alice_client: Client, administrator_client: Client
) -> None:
    address = f"{MANAGE}users/{alice.pk}/edit/"
    typed = form_of(administrator_client.get(address)) | {"name": ["Alicia"]}
    alice_client.post(f"/profile/email/confirm/{waiting_link(alice, 'own@example.com')}/")
    words = text_of(administrator_client.post(address, typed))
    assert "E-mail address own@example.com changed by Alice (alice)" in words


def test_edit1_what_was_ticked_beside_the_tokens_stays_ticked(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    token = issued_pat(alice, application).token
    address = f"{MANAGE}trusted-apps/{application.pk}/edit/"
    opened = form_of(administrator_client.get(address)) | {"access_tokens_policy": ["None"]}
    asked = form_of(administrator_client.post(address, opened)) | {"revoke_outside": ["1"]}
    TrustedApplication.objects.update(description="Sheets")
    told = administrator_client.post(address, asked)
    assert told.status_code == 409
    assert form_of(told)["revoke_outside"] == ["1"]
    token.refresh_from_db()
    assert token.revoked_at is None
    assert administrator_client.post(address, form_of(told)).status_code == 302
    assert ReferenceToken.objects.get().revoked_at


def test_edit1_a_poisoned_value_stands_escaped(administrator_client: Client, application: TrustedApplication) -> None:
    address = f"{MANAGE}trusted-apps/{application.pk}/edit/"
    typed = form_of(administrator_client.get(address)) | {"name": ["Word"], "version": ['"><script>']}
    TrustedApplication.objects.update(description="<script>x</script>%(name)s")
    assert "<script>" not in administrator_client.post(address, typed | {"name": [""]}).content.decode()
    typed["version"] = ["0" * 132]
    content = administrator_client.post(address, typed).content.decode()
    assert "<script>x" not in content
    assert "&lt;script&gt;x&lt;/script&gt;%(name)s" in content


@pytest.mark.django_db(transaction=True)
def test_edit1_who_changes_it_at_the_same_moment_is_seen_under_the_lock(
    administrator: User, application: TrustedApplication
) -> None:
    client, address = signed_in(administrator), f"{MANAGE}trusted-apps/{application.pk}/edit/"
    typed = form_of(client.get(address)) | {"description": ["Sheets"]}
    with threads() as start:
        with uncommitted(start, lambda: TrustedApplication.objects.update(is_enabled=False)):
            answer = start(lambda: client.post(address, typed))
            assert is_waiting(answer)
        assert answer.result(20).status_code == 409
    assert made_applications().values_list("is_enabled", "description").get() == (False, "")


@pytest.mark.django_db(transaction=True)
def test_edit1_who_joins_a_group_at_the_same_moment_stays_in_it(administrator: User, olga: User) -> None:
    alice, group = UserFactory.create(username="alice"), Group.objects.create(name="Data")
    client, address = signed_in(administrator), f"{MANAGE}users/{alice.pk}/edit/"
    other, add = signed_in(olga), f"{MANAGE}groups/{group.pk}/members/add/"
    typed = form_of(client.get(address)) | {"name": ["Alicia"]}
    with threads() as start:
        with uncommitted(start, lambda: other.post(add, {"members": str(alice.pk)})):
            answer = start(lambda: client.post(address, typed))
            assert is_waiting(answer)
        assert answer.result(20).status_code == 409
    assert alice.groups.get() == group
