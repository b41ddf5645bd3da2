"""Lists of tokens: tabs, pages and capped counts (interface.md, "The lists")."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import User
from reference_tokens import capped_count, token_list
from reference_tokens.models import ReferenceToken
from reference_tokens.token_list import token_page
from reference_tokens.token_rows import NO_ADDRESSES
from tests.factories import alter, issued_pat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("limit", "label"), [(2, "2+ tokens"), (3, "3 tokens"), (4, "3 tokens")])
def test_tokens_are_counted_to_a_limit(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch, limit: int, label: str
) -> None:
    monkeypatch.setattr(capped_count, "COUNT_LIMIT", limit)
    for _number in range(3):
        issued_pat(alice, application)
    assert token_page(ReferenceToken.objects.all(), {}, timezone.now(), NO_ADDRESSES).count_label == label


def test_a_place_that_is_of_another_list_counts_as_none(
    alice: User, bob: User, application: TrustedApplication
) -> None:
    theirs, mine = issued_pat(bob, application).token, issued_pat(alice, application).token
    for name in ("after", "before"):
        page = token_page(ReferenceToken.objects.held_by(alice), {name: str(theirs.pk)}, timezone.now(), NO_ADDRESSES)
        assert [row.id for row in page.tokens] == [mine.pk]
        assert (page.newer_url, page.older_url) == ("", "")


def test_a_page_of_ended_tokens_leads_to_others_of_them(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_list, "PAGE_SIZE", 1)
    for _number in range(3):
        alter(issued_pat(alice, application).token, revoked_at=timezone.now())
    tokens, now = ReferenceToken.objects.all(), timezone.now()
    first = token_page(tokens, {"state": "ended"}, now, NO_ADDRESSES)
    assert first.older_url == f"?state=ended&after={first.tokens[0].id}"
    second = token_page(tokens, {"state": "ended", "after": str(first.tokens[0].id)}, now, NO_ADDRESSES)
    assert second.newer_url == f"?state=ended&before={second.tokens[0].id}"
    back = token_page(tokens, {"state": "ended", "before": str(second.tokens[0].id)}, now, NO_ADDRESSES)
    assert [row.id for row in back.tokens] == [row.id for row in first.tokens]
