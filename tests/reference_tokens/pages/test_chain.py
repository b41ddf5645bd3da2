"""The chain of rotations on the page of a token (TOK-10)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists.links import TokenLinks
from reference_tokens.models import ReferenceToken
from reference_tokens.pages.chain import Generation, chain_of
from reference_tokens.pages.details import actions_of, with_everything
from tests.factories import alter, issued_pat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LINKS = TokenLinks(detail="profile:token_detail", revoke="profile:token_revoke")
NOW = timezone.now()


def chain(alice: User, application: TrustedApplication, length: int) -> list[ReferenceToken]:
    """So many tokens, each in the place of the one before; the oldest first."""
    template = issued_pat(alice, application).token
    made: list[ReferenceToken] = []
    for number in range(length):
        token = ReferenceToken.objects.create(
            kind="PAT",
            application=application,
            holder=alice,
            scopes=("read",),
            digest=number.to_bytes(32, "big"),
            hash_key=template.hash_key,
            hint=f"enrt_{number:04d}…0000",
            issued_at=NOW - timedelta(days=length - number),
            expires_at=NOW + timedelta(hours=number - length + 2),
            replaces=made[-1] if made else None,
            family=made[0].pk if made else None,
        )
        made.append(token)
    alter(made[0], family=made[0].pk)
    return made


def shown(token: ReferenceToken) -> tuple[list[Generation], bool]:
    return chain_of(with_everything(ReferenceToken.objects.all()).get(pk=token.pk), NOW, LINKS)


def test_a_token_that_was_never_rotated_has_none(alice: User, application: TrustedApplication) -> None:
    with Statements() as statements:
        assert chain_of(issued_pat(alice, application).token, NOW, LINKS) == ([], False)
    assert "family" not in statements.sql[-1].partition("WHERE")[2]


def test_a_chain_is_the_same_from_each_of_its_tokens_newest_first(alice: User, application: TrustedApplication) -> None:
    tokens = chain(alice, application, 3)
    for token in tokens:
        rows, is_longer = shown(token)
        assert [row.id for row in rows] == [each.pk for each in reversed(tokens)]
        assert [row.id for row in rows if row.is_this] == [token.pk]
        assert not is_longer
    assert rows[0].url == f"/profile/security/tokens/{tokens[2].pk}/"


def test_tok10_a_clock_that_was_put_back_between_two_rotations_turns_nothing_around(
    alice: User, application: TrustedApplication
) -> None:
    tokens = chain(alice, application, 4)
    alter(tokens[2], issued_at=NOW - timedelta(days=9), last_used_at=NOW - timedelta(days=2))
    rows, _is_longer = shown(tokens[1])
    assert [row.id for row in rows] == [each.pk for each in reversed(tokens)]
    assert [row.is_still_used for row in rows] == [False] * 4


def test_a_generation_says_when_it_ends_or_ended(alice: User, application: TrustedApplication) -> None:
    tokens = chain(alice, application, 3)
    alter(tokens[1], revoked_at=NOW, revocation_source="command")
    newest, middle, oldest = shown(tokens[2])[0]
    assert (newest.is_ended, newest.ends_at) == (False, tokens[2].expires_at)
    assert (middle.is_ended, middle.ends_at) == (True, NOW)
    assert (oldest.is_ended, oldest.ends_at) == (True, tokens[0].expires_at)


def test_an_old_value_is_still_used_if_it_was_after_the_new_one_was_issued(
    alice: User, application: TrustedApplication
) -> None:
    tokens = chain(alice, application, 2)
    assert [row.is_still_used for row in shown(tokens[0])[0]] == [False, False]
    for token in tokens:
        alter(token, last_used_at=NOW, expires_at=NOW + timedelta(hours=1))
    assert [row.is_still_used for row in shown(tokens[0])[0]] == [False, True]
    alter(tokens[0], last_used_at=tokens[1].issued_at)
    assert [row.is_still_used for row in shown(tokens[0])[0]] == [False, False]
    alter(tokens[0], last_used_at=NOW, revoked_at=NOW, revocation_source="command")
    assert [row.is_still_used for row in shown(tokens[0])[0]] == [False, False]


def test_of_a_hundred_the_newest_twenty_are_shown_and_the_token_itself(
    alice: User, application: TrustedApplication
) -> None:
    tokens = chain(alice, application, 100)
    rows, is_longer = shown(tokens[-1])
    assert [row.id for row in rows] == [each.pk for each in reversed(tokens[80:])]
    assert is_longer
    alter(tokens[-1], last_used_at=NOW)
    oldest = with_everything(ReferenceToken.objects.all()).get(pk=tokens[0].pk)
    with Statements() as statements:
        rows, _is_longer = chain_of(oldest, NOW, LINKS)
    assert len(statements.sql) == 1
    assert [row.id for row in rows] == [*(each.pk for each in reversed(tokens[80:])), tokens[0].pk]


def test_twenty_of_one_instant_are_all_shown_newest_first(alice: User, application: TrustedApplication) -> None:
    tokens = chain(alice, application, 20)
    ReferenceToken.objects.update(issued_at=NOW - timedelta(days=1))
    rows, is_longer = shown(tokens[0])
    assert [row.id for row in rows] == [each.pk for each in reversed(tokens)]
    assert not is_longer


def test_what_was_replaced_is_not_created_again(alice: User, application: TrustedApplication) -> None:
    for token in chain(alice, application, 2):
        alter(token, revoked_at=NOW, revocation_source="command")
        read = with_everything(ReferenceToken.objects.all()).get(pk=token.pk)
        labels = [action.label for action in actions_of(read, NOW, LINKS, form_url="/new/")]
        assert labels == (["Rename"] if read.successor else ["Create again", "Rename"])
