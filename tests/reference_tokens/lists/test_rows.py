"""Tokens as lists show them: badges in every state, and who ended them (docs/design/interface.md, "Lists")."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists.links import TokenLinks
from reference_tokens.lists.rows import TokenRow, token_row
from reference_tokens.models import ReferenceToken
from tests.factories import alter, issued_pat, issued_sat, rotated
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

UNUSED = "The old value has not been used since. It works until it ends."


def row_of(token: ReferenceToken, **columns: Any) -> TokenRow:
    alter(token, **columns or {"hint": token.hint})
    return token_row(ReferenceToken.objects.get(pk=token.pk), timezone.now())


def labels(row: TokenRow) -> list[str]:
    return [badge.label for badge in row.badges]


def said_of_replacement(row: TokenRow) -> str:
    return next(badge.detail for badge in row.badges if badge.label == "Being replaced")


def soon() -> Any:
    return timezone.now() + timedelta(days=7)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, ["Never used"]),
        ({"last_used_at": timezone.now}, ["Active"]),
        ({"expires_at": soon}, ["Expires soon", "Never used"]),
        ({"expires_at": None}, ["Outside policy", "Never used"]),
        ({"suspended_at": timezone.now}, ["Suspended", "Never used"]),
        ({"revoked_at": timezone.now}, ["Revoked"]),
        ({"revoked_at": timezone.now, "suspended_at": timezone.now}, ["Revoked"]),
        ({"scopes": "delete"}, ["No scopes left", "Outside policy", "Never used"]),
    ],
)
def test_the_badges_of_a_token(
    alice: User, application: TrustedApplication, columns: dict[str, Any], expected: list[str]
) -> None:
    values = {name: value() if callable(value) else value for name, value in columns.items()}
    assert labels(row_of(issued_pat(alice, application).token, **values)) == expected


def test_an_expired_token_is_ended_at_its_expiry(alice: User, application: TrustedApplication) -> None:
    now = timezone.now()
    row = row_of(issued_pat(alice, application).token, issued_at=now - timedelta(2), expires_at=now)
    assert (labels(row), row.is_ended, row.ended_at, row.ended_text) == (["Expired"], True, now, "Expired")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"is_enabled": False}, ["Application disabled", "Never used"]),
        ({"system_user": None}, ["No System User", "Never used"]),
        ({"scopes": ""}, ["No scopes left", "Outside policy", "Never used"]),
        ({"access_tokens_policy": "None"}, ["Outside policy", "Never used"]),
        ({"access_tokens_policy": "AdministratorsOnly"}, ["Never used"]),
    ],
)
def test_the_badges_of_a_sat_follow_its_application(
    application: TrustedApplication, columns: dict[str, Any], expected: list[str]
) -> None:
    token = issued_sat(application).token
    TrustedApplication.objects.update(**columns)
    assert labels(row_of(token)) == expected


def test_an_inactive_holder_is_said_of_both_kinds(alice: User, application: TrustedApplication) -> None:
    tokens = [issued_pat(alice, application).token, issued_sat(application).token]
    User.objects.update(is_active=False)
    assert {labels(row_of(token))[0] for token in tokens} == {"Holder inactive"}


def test_pol6_a_demoted_administrators_token_is_outside_the_policy(
    administrator: User, application: TrustedApplication
) -> None:
    TrustedApplication.objects.update(access_tokens_policy="AdministratorsOnly")
    token = issued_pat(administrator, application).token
    assert "Outside policy" not in labels(row_of(token))
    User.objects.update(is_administrator=False)
    assert "Outside policy" in labels(row_of(token))


def test_every_badge_that_needs_it_explains_itself(application: TrustedApplication) -> None:
    token = issued_sat(application).token
    TrustedApplication.objects.update(is_enabled=False, access_tokens_policy="None")
    assert [bool(badge.detail) for badge in row_of(token).badges] == [True, True, False]


def test_a_badge_that_a_column_says_stands_there_and_active_where_nothing_else_is_said(
    alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    row = row_of(token, expires_at=soon())
    assert (labels(row), row.badges_of_name, row.expires_soon) == (["Expires soon", "Never used"], [], True)
    row = row_of(token, last_used_at=timezone.now(), expires_at=timezone.now() + timedelta(days=9))
    assert ([badge.label for badge in row.badges_of_name], row.expires_soon) == (["Active"], False)


def test_a_row_names_the_holder(alice: User, application: TrustedApplication) -> None:
    assert row_of(issued_pat(alice, application).token).holder_name == "Alice (alice)"
    token = issued_sat(application).token
    TrustedApplication.objects.update(system_user=None)
    row = row_of(token)
    assert row.holder_name == row.holder_label == "no one: the application has no System User"


def test_a_list_has_the_holder_by_name_with_the_user_name_apart_and_a_link(
    alice: User, application: TrustedApplication
) -> None:
    links, token = TokenLinks(user="manage:user_detail"), issued_pat(alice, application).token
    row = token_row(token, timezone.now(), links)
    assert (row.holder_label, row.holder_username) == ("Alice", "alice")
    assert row.holder_url == f"/manage/security/users/{alice.pk}/"
    User.objects.update(name="")
    token = ReferenceToken.objects.get(pk=token.pk)
    row = token_row(token, timezone.now())
    assert (row.holder_label, row.holder_username, row.holder_url) == ("alice", "", "")


def test_pol7_a_scope_that_the_application_no_longer_offers_is_marked(
    alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application, scopes=["read", "update"]).token
    TrustedApplication.objects.update(scopes="read")
    assert [(scope.name, scope.is_effective) for scope in row_of(token).scopes] == [("read", True), ("update", False)]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, "Revoked by Command line"),
        ({"revocation_reason": "Lost"}, "Revoked by Command line: Lost"),
    ],
)
def test_an_ended_token_says_who_and_why(
    alice: User, application: TrustedApplication, columns: dict[str, str], expected: str
) -> None:
    token = issued_pat(alice, application).token
    assert row_of(token, revoked_at=timezone.now(), revocation_source="command", **columns).ended_text == expected
    row = row_of(token, revoked_by=alice)
    assert row.ended_text == expected.replace("Command line", "Alice (alice)")


def test_an_ended_token_can_no_longer_be_revoked(alice: User, application: TrustedApplication) -> None:
    links = TokenLinks(revoke="profile:token_revoke", application="manage:application_detail")
    token = issued_pat(alice, application).token
    row = token_row(token, timezone.now(), links)
    assert row.revoke_url == f"/profile/security/tokens/{token.pk}/revoke/"
    assert row.application_url == f"/manage/security/trusted-apps/{application.pk}/"
    alter(token, revoked_at=timezone.now())
    token.refresh_from_db()
    assert token_row(token, timezone.now(), links).revoke_url == ""
    assert token_row(token, timezone.now()).application_url == ""


# --- Rotation --------------------------------------------------------------------------------------------------------


def test_tok10_a_token_that_is_being_replaced_says_so_and_how_it_is_used(
    alice: User, application: TrustedApplication
) -> None:
    old = issued_pat(alice, application).token
    new = rotated(old).token
    row = row_of(old)
    assert (labels(row), said_of_replacement(row)) == (["Being replaced"], f"Replaced by {new.hint}. {UNUSED}")
    assert UNUSED in said_of_replacement(row_of(old, last_used_at=new.issued_at))
    used = row_of(old, last_used_at=new.issued_at + timedelta(seconds=1))
    assert "The old value is still used." in said_of_replacement(used)
    assert "Outside policy" in labels(row_of(old, scopes="delete"))


@pytest.mark.parametrize("overlap", [timedelta(0), timedelta(hours=1)])
def test_tok10_what_ended_by_its_rotation_is_replaced_and_neither_expired_nor_revoked(
    alice: User, application: TrustedApplication, overlap: timedelta
) -> None:
    old = issued_pat(alice, application).token
    new = rotated(old, overlap).token
    row = token_row(ReferenceToken.objects.get(pk=old.pk), timezone.now() + timedelta(hours=2))
    assert (labels(row), row.ended_text) == (["Replaced"], f"Replaced by {new.hint}")


def test_tok10_only_the_newest_that_is_good_by_itself_can_be_rotated_where_its_kind_is(
    alice: User, application: TrustedApplication
) -> None:
    links = TokenLinks(rotate="profile:token_rotate", rotates="PAT", end="profile:token_end")
    old, sat = issued_pat(alice, application).token, issued_sat(application).token
    new = rotated(old).token

    def urls(token: ReferenceToken) -> tuple[str, str]:
        row = token_row(ReferenceToken.objects.get(pk=token.pk), timezone.now(), links)
        return row.rotate_url, row.end_url

    assert [urls(old), urls(new), urls(sat)] == [
        ("", f"/profile/security/tokens/{old.pk}/end/"),
        (f"/profile/security/tokens/{new.pk}/rotate/", ""),
        ("", ""),
    ]
    alter(new, suspended_at=timezone.now())
    alter(old, revoked_at=timezone.now())
    assert [urls(old), urls(new)] == [("", ""), ("", "")]
