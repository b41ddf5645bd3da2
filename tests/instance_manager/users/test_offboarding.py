"""Deactivating, reactivating and deleting people and System Users in the Instance Manager."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.factories import PASSWORD, ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import is_active
from tests.pages import CONFIRM_URL, HTMX, LOGIN_URL, form_of, give_password, next_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/users/"


def address_of(user: User, act: str) -> str:
    return f"{LIST}{user.pk}/{act}/"


@pytest.fixture
def other() -> User:
    """Another administrator, who can sign in."""
    return give_password(UserFactory.create(username="olga", administrator=True))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_get_asks_tells_how_many_tokens_stop_and_changes_nothing(
    alice: User, administrator_client: Client, application: TrustedApplication, headers: Any
) -> None:
    word = ApplicationFactory.create(name="Word <b>")
    for _ in range(2):
        issued_pat(alice, application)
    issued_pat(alice, word)
    words = text_of(administrator_client.get(address_of(alice, "deactivate"), headers=headers))
    assert "Deactivate Alice (alice)?" in words
    assert "They are signed out at once and cannot sign in." in words
    assert "3 access tokens stop working at once: Excel: 2 Word <b>: 1" in words
    assert "Revoke them now" in words
    words = text_of(administrator_client.get(address_of(alice, "delete"), headers=headers))
    assert "Delete Alice (alice)?" in words
    assert "3 access tokens are revoked, and what uses them fails at once:" in words
    User.objects.filter(pk=alice.pk).update(is_active=False)
    words = text_of(administrator_client.get(address_of(alice, "reactivate"), headers=headers))
    assert "3 access tokens were not revoked and are active again at once: Excel: 2 Word" in words
    assert not AuditEvent.objects.exclude(action="token:issue").exists()


@pytest.mark.parametrize("act", ["deactivate", "reactivate"])
def test_of_many_applications_ten_are_named_and_the_others_summed_up(administrator_client: Client, act: str) -> None:
    robot = UserFactory.create(system=True)
    for number in range(12):
        issued_sat(ApplicationFactory.create(name=f"Robot {number:02d}", system_user=robot))
    User.objects.filter(pk=robot.pk).update(is_active=act == "deactivate")
    words = text_of(administrator_client.get(address_of(robot, act)))
    assert "Robot 08, Robot 09 and 2 more." in words
    assert "12 access tokens" in words
    assert "Robot 09: 1 Other applications: 2" in words
    assert "Robot 10" not in words


def test_without_tokens_nothing_is_said_of_them(alice: User, administrator_client: Client) -> None:
    for act in ("deactivate", "reactivate", "delete"):
        words = text_of(administrator_client.get(address_of(alice, act)))
        assert "access tokens" not in words.replace("Service access tokens", "")
        assert "Revoke them" not in words


def test_tok11_somebody_deactivated_is_out_and_their_pats_come_back_with_them(
    client: Client, server: Any, alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    plaintext, session = issued_pat(alice, application).plaintext, signed_in(alice)
    response = administrator_client.post(address_of(alice, "deactivate"), follow=True)
    assert "Alice (alice) is inactive." in text_of(response)
    assert "revoked" not in text_of(response).partition("Tokens")[0]
    assert session.get("/profile/").headers["Location"].startswith(LOGIN_URL)
    assert not is_active(client, server, plaintext)
    response = administrator_client.post(address_of(alice, "reactivate"), follow=True)
    assert "Alice (alice) is active." in text_of(response)
    assert is_active(client, server, plaintext)
    assert session.get("/profile/").headers["Location"].startswith(LOGIN_URL)


def test_t11_the_pats_are_revoked_in_the_same_step_where_that_is_ticked(
    client: Client, server: Any, alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    sent = form_of(administrator_client.get(address_of(alice, "deactivate")))
    assert "revoke" not in sent
    response = administrator_client.post(address_of(alice, "deactivate"), sent | {"revoke": "on"}, follow=True)
    assert "Alice (alice) is inactive. 1 token was revoked." in text_of(response)
    administrator_client.post(address_of(alice, "reactivate"))
    assert not is_active(client, server, plaintext)


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("ticked", [True, False])
def test_t11_the_tick_to_revoke_outlives_the_confirmation(
    administrator: User, alice: User, application: TrustedApplication, headers: Any, ticked: bool
) -> None:
    token = issued_pat(alice, application).token
    client = signed_in(give_password(administrator), confirmed=False)
    asked = client.post(address_of(alice, "deactivate"), {"revoke": "on"} if ticked else {}, headers=headers)
    client.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    came_back = client.get(next_of(asked))
    assert "Deactivate Alice (alice)?" in text_of(came_back)
    client.post(address_of(alice, "deactivate"), form_of(came_back))
    token.refresh_from_db()
    assert (token.revoked_at is not None) == ticked
    assert not User.objects.get(pk=alice.pk).is_active


def test_t11_a_link_ticks_nothing(alice: User, administrator_client: Client, application: TrustedApplication) -> None:
    issued_pat(alice, application)
    assert "revoke" not in form_of(administrator_client.get(f"{address_of(alice, 'deactivate')}?revoke=on"))


def test_the_double_click_does_it_once(alice: User, administrator_client: Client) -> None:
    for act, said in (("deactivate", "Alice (alice) is inactive."), ("reactivate", "Alice (alice) is active.")):
        for _again in range(2):
            assert said in text_of(administrator_client.post(address_of(alice, act), follow=True))
        assert AuditEvent.objects.filter(action=f"user:{act}").count() == 1


def test_t64_somebody_deleted_is_gone_from_the_list_and_sent_twice_it_says_so(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    session = signed_in(alice)
    response = administrator_client.post(address_of(alice, "delete"), follow=True)
    assert response.redirect_chain[-1][0] == LIST
    assert "alice was deleted. 1 token was revoked." in text_of(response)
    assert session.get("/profile/").status_code == 302
    assert "This user is deleted." in text_of(administrator_client.post(address_of(alice, "delete"), follow=True))
    assert ReferenceToken.objects.get().why_revoked.in_words() == "The user was deleted"
    words = text_of(administrator_client.get(f"{LIST}{alice.pk}/?state=ended"))
    assert "This user was deleted" in words
    assert "Revoked by Ada (ada): The user was deleted" in words
    assert "alice" not in words.lower()


@pytest.mark.parametrize("act", ["deactivate", "delete"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_peo2_the_last_administrator_is_refused_in_words(
    administrator: User, administrator_client: Client, application: TrustedApplication, act: str, headers: Any
) -> None:
    issued_pat(administrator, application)
    response = administrator_client.post(address_of(administrator, act), {"revoke": "on"}, headers=headers)
    assert response.status_code == 422
    assert "This is the last administrator who can sign in." in text_of(response)
    administrator.refresh_from_db()
    assert administrator.is_active
    assert ReferenceToken.objects.get().revoked_at is None


@pytest.mark.parametrize(("act", "asked"), [("deactivate", "Deactivate yourself?"), ("delete", "Delete yourself?")])
def test_who_closes_their_own_account_is_told_so_and_signed_out(
    administrator: User, administrator_client: Client, other: User, act: str, asked: str
) -> None:
    assert asked in text_of(administrator_client.get(address_of(administrator, act)))
    response = administrator_client.post(address_of(administrator, act), follow=True)
    assert response.redirect_chain[-1][0].startswith(LOGIN_URL)
    assert "_auth_user_id" not in administrator_client.session


def test_a_system_user_is_deactivated_with_a_word_on_what_stops(
    client: Client, server: Any, administrator_client: Client, application: TrustedApplication
) -> None:
    robot, plaintext = application.system_user, issued_sat(application).plaintext
    assert robot
    words = text_of(administrator_client.get(address_of(robot, "deactivate")))
    assert "These applications use this System User: Excel." in words
    assert "1 access token stops working at once: Excel: 1" in words
    assert "Revoke them" not in words
    administrator_client.post(address_of(robot, "deactivate"))
    assert not is_active(client, server, plaintext)
    words = text_of(administrator_client.get(address_of(robot, "reactivate")))
    assert "1 access token was not revoked and is active again at once: Excel: 1" in words
    administrator_client.post(address_of(robot, "reactivate"))
    assert is_active(client, server, plaintext)


def test_an_unused_system_user_is_deactivated_without_a_loss(administrator_client: Client) -> None:
    robot = UserFactory.create(system=True)
    assert "No application uses this System User." in text_of(administrator_client.get(address_of(robot, "deactivate")))


def test_a_system_user_is_not_deleted(administrator_client: Client) -> None:
    robot = UserFactory.create(system=True)
    assert administrator_client.get(address_of(robot, "delete")).status_code == 404
    assert administrator_client.post(address_of(robot, "delete")).status_code == 404


def test_t41_a_poisoned_name_stands_escaped(administrator_client: Client) -> None:
    user = UserFactory.create(name="<script>x</script>%(name)s{name}")
    for act in ("deactivate", "reactivate", "delete", "make-administrator", "devices/end-all"):
        content = administrator_client.get(address_of(user, act)).content.decode()
        assert "<script>x" not in content
        assert "&lt;script&gt;x&lt;/script&gt;%(name)s{name}" in content


# --- MANY-1 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("act", ["deactivate", "delete", "reactivate"])
def test_many1_where_other_tokens_act_as_the_user_nothing_is_done_and_it_is_asked_again(
    alice: User, administrator_client: Client, application: TrustedApplication, act: str, headers: Any
) -> None:
    issued_pat(alice, application)
    late = issued_pat(alice, application).token
    alter(late, revoked_at=timezone.now())
    User.objects.filter(pk=alice.pk).update(is_active=act != "reactivate")
    address = address_of(alice, act)
    form = form_of(administrator_client.get(address, headers=headers)) | {"revoke": ["on"]}
    alter(late, revoked_at=None)
    response = administrator_client.post(address, form, headers=headers)
    assert response.status_code == 409
    words = text_of(response)
    changed = "Nothing was done: the access tokens of this user have changed."
    assert f"{changed} There were 1, and now there are 2." in words
    assert "2 access tokens" in words
    stored = User.objects.get(pk=alice.pk)
    assert (stored.is_active, stored.deleted_at) == (act != "reactivate", None)
    assert not AuditEvent.objects.filter(action__startswith="user:").exists()
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()
    administrator_client.post(address, form_of(response))
    assert AuditEvent.objects.filter(action=f"user:{act}").exists()


def test_many1_the_box_stays_ticked_where_it_is_asked_again(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    address = address_of(alice, "deactivate")
    form = form_of(administrator_client.get(address)) | {"revoke": ["on"]}
    issued_pat(alice, application)
    again = form_of(administrator_client.post(address, form))
    assert again["revoke"] == ["on"]
    response = administrator_client.post(address, again, follow=True)
    assert "Alice (alice) is inactive. 2 tokens were revoked." in text_of(response)


def test_many1_as_many_tokens_that_are_not_the_same_are_others(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    form = form_of(administrator_client.get(address_of(alice, "delete")))
    alter(token, revoked_at=timezone.now())
    issued_pat(alice, application)
    response = administrator_client.post(address_of(alice, "delete"), form)
    assert response.status_code == 409
    assert "There were" not in text_of(response)


@pytest.mark.parametrize("act", ["deactivate", "reactivate"])
def test_many1_of_a_system_user_it_is_how_many_tokens_each_application_has(
    administrator_client: Client, act: str
) -> None:
    robot = UserFactory.create(system=True)
    applications = [ApplicationFactory.create(system_user=robot) for _number in range(2)]
    issued = [issued_sat(application).token for application in applications]
    User.objects.filter(pk=robot.pk).update(is_active=act == "deactivate")
    address = address_of(robot, act)
    form = form_of(administrator_client.get(address))
    # As many as before, but all of one application.
    alter(issued[0], application=applications[1])
    response = administrator_client.post(address, form)
    assert response.status_code == 409
    assert administrator_client.post(address, form_of(response)).status_code == 302


@pytest.mark.parametrize("act", ["deactivate", "delete"])
def test_many1_the_second_of_two_clicks_is_answered_as_the_first(
    alice: User, administrator_client: Client, application: TrustedApplication, act: str
) -> None:
    issued_pat(alice, application)
    address = address_of(alice, act)
    form = form_of(administrator_client.get(address)) | {"revoke": ["on"]}
    assert [administrator_client.post(address, form).status_code for _time in range(2)] == [302, 302]


@pytest.mark.parametrize("seen", ["", "x", "\u00b2-x", "9" * 30 + "-x"])
def test_many1_a_form_that_names_nothing_that_was_shown_is_asked_again(
    alice: User, administrator_client: Client, seen: str
) -> None:
    response = administrator_client.post(address_of(alice, "delete"), {"seen": seen})
    assert response.status_code == 409
    assert "There were" not in text_of(response)
