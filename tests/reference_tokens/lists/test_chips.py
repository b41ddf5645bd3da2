"""What stands above a list: each filter that is set, and what is wrong with one that is not understood."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists.links import NO_LINKS
from reference_tokens.lists.section import list_section
from reference_tokens.models import ReferenceToken
from tests.factories import UserFactory, issued_sat, made_applications
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def section(query: str) -> dict[str, Any]:
    names = ("kind", "application", "owner", "scope")
    return list_section(ReferenceToken.objects.all(), dict(parse_qsl(query)), timezone.now(), NO_LINKS, filters=names)


def test_a_wrong_number_stays_to_be_corrected_and_the_page_says_what_is_wrong(db: None) -> None:
    found = section("unused=0&never_used=enrt_12345678&issued_before=x&kind=x")
    text = found["banner"]["text"]
    assert "Unused for (days): Enter a number of days from 1 to 36500" in text
    assert text.startswith("A filter in this address is not valid and was ignored: Kind; Unused")
    assert 'value="0"' in str(found["filters"]["unused"])
    assert found["filters"].is_open
    assert "enrt_12345678" not in str(found["filters"]) + text
    assert not section("never_used=x")["filters"].is_open


def test_each_filter_that_is_set_is_a_chip_that_leads_to_the_list_without_it(application: TrustedApplication) -> None:
    found = section(
        f"kind=PAT&application={application.pk}&owner=alice&scope=read&state=suspended&q=x&sort=used&unused=1"
        "&never_used=30&issued_before=2026-03-04&expires_within=7&no_expiry=1&outside=lifetime"
    )
    assert [chip.text for chip in found["filters"].chips] == [
        "Kind: PAT",
        "Application: Excel",
        "Owner: alice",
        "Scope: read",
        "Suspended",
        "Search: x",
        "Unused for 1 day",
        "Never used, issued 30 days ago or earlier",
        "Issued before 4 Mar 2026",
        "Expires within 7 days",
        "Never expires",
        "Outside policy: it lives longer than its application allows",
    ]
    for chip in found["filters"].chips:
        assert len(section(chip.url[1:])["filters"].chips) == len(found["filters"].chips) - 1
    assert section("state=revoked")["filters"].chips[0].url == "?state=ended"
    assert section("state=ended&sort=used")["filters"].chips == []


def test_an_owner_is_a_system_user_too_even_an_inactive_one(application: TrustedApplication) -> None:
    UserFactory.create(username="robot", system=True)
    TrustedApplication.objects.update(system_user=User.objects.get(username="robot"))
    token = issued_sat(made_applications().get()).token
    User.objects.filter(username="robot").update(is_active=False)
    assert [row.id for row in section("owner=robot")["tokens"]] == [token.pk]
