"""The columns of a list: which there are, what their headings do, and that whatever stands in a cell is text."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists.links import TokenLinks
from reference_tokens.lists.section import list_section
from reference_tokens.lists.table.columns import APPLICATION, HOLDER, KIND, rows_as_markup
from reference_tokens.models import DailyUse, ReferenceToken
from tests.factories import alter, issued_pat, issued_sat, rotated
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LINKS = TokenLinks(
    detail="manage:token_detail",
    revoke="manage:token_revoke",
    rotate="manage:token_rotate",
    rotates="SAT",
    end="manage:token_end",
    application="manage:application_detail",
    user="manage:user_detail",
)
NASTY = "<script>\"'&amp;"
ESCAPED = "&lt;script&gt;&quot;&#x27;&amp;amp;"


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop").token


def section(query: str = "", **more: Any) -> dict[str, Any]:
    links = more.pop("links", LINKS)
    return list_section(ReferenceToken.objects.all(), dict(parse_qsl(query)), timezone.now(), links, **more)


def table(form_id: str = "", **more: Any) -> str:
    found = section(**more)
    return str(rows_as_markup(found["tokens"], found["columns"], form_id))


def labels(query: str = "", **more: Any) -> list[str]:
    return [heading.label for heading in section(query, **more)["headings"]]


def test_a_live_list_ends_with_use_and_acts_and_one_of_ended_tokens_with_their_end(db: None) -> None:
    common = ["Description", "Trusted Application", "Acts as", "Kind", "Scopes", "Expires", "Last used"]
    assert labels() == [*common, "30 days of use", "Actions"]
    assert labels("state=revoked") == [*common, "Ended"]


def test_columns_that_would_say_the_same_in_every_row_are_left_out(token: ReferenceToken) -> None:
    assert labels(without=[APPLICATION])[1] == "Acts as"
    assert labels(without=[HOLDER, KIND])[1:3] == ["Trusted Application", "Scopes"]
    assert 'data-label="Kind"' not in table(without=[HOLDER, KIND])
    assert 'data-label="Trusted Application"' in table(without=[HOLDER, KIND])


@pytest.mark.parametrize(
    ("query", "expires", "used"),
    [
        ("", ("?sort=expiry", ""), ("?sort=used", "")),
        ("sort=expiry&q=x", ("?q=x", "ascending"), ("?q=x&sort=used", "")),
        ("sort=used", ("?sort=expiry", ""), ("?sort=unused", "descending")),
        ("sort=unused", ("?sort=expiry", ""), ("?", "ascending")),
        ("state=expires_soon", ("?state=expires_soon&sort=issued", "ascending"), ("?state=expires_soon&sort=used", "")),
        ("state=ended", ("", ""), ("", "")),
    ],
)
def test_a_heading_leads_through_its_orders_and_back_to_the_newest_first(
    db: None, query: str, expires: tuple[str, str], used: tuple[str, str]
) -> None:
    found = {heading.label: (heading.url, heading.direction) for heading in section(query)["headings"]}
    assert (found["Expires"], found["Last used"]) == (expires, used)
    assert found["Description"] == ("", "")


def test_whatever_a_person_typed_is_text_in_every_cell(alice: User, application: TrustedApplication) -> None:
    User.objects.update(name=NASTY)
    TrustedApplication.objects.update(name=NASTY, scopes=["read"])
    tokens = [issued_pat(alice, application, description=NASTY).token for _number in range(2)]
    alter(tokens[0], revoked_at=timezone.now(), revoked_by=alice, revocation_reason=NASTY)
    for query in ("", "state=ended"):
        found = section(query)
        shown = rows_as_markup(found["tokens"], found["columns"], "several")
        assert NASTY not in shown
        assert shown.count(ESCAPED) >= 4


def test_a_row_has_a_box_only_where_a_form_takes_it(token: ReferenceToken) -> None:
    assert "checkbox" not in table()
    assert f'name="token" value="{token.pk}" form="several"' in table("several")


def test_a_row_names_application_and_holder_and_leads_to_them(token: ReferenceToken) -> None:
    assert token.holder
    shown = table()
    assert f'href="/manage/security/users/{token.holder_id}/"><bdi>{token.holder.name}</bdi></a>' in shown
    assert f"<p>(<bdi>{token.holder.username}</bdi>)</p>" in shown
    assert f"<p><code>{token.application.application_uri}</code></p>" in shown
    plain = table(links=TokenLinks())
    assert "<a " not in plain
    assert "<code>com.example" not in plain


def test_a_token_without_a_description_says_its_hint_once(token: ReferenceToken) -> None:
    alter(token, description="")
    assert f"{token.hint}</bdi>" in table()
    assert 'class="hint"' not in table()


def test_an_expiry_is_a_date_with_its_distance_and_one_that_is_near_is_a_badge(token: ReferenceToken) -> None:
    alter(token, expires_at=timezone.now() + timedelta(days=20))
    assert "</span><p>in 20 days</p></td>" in table()
    alter(token, expires_at=timezone.now() + timedelta(days=3))
    assert '<p class="badge warn"><span class="visually-hidden">Expires soon: </span>in 3 days</p>' in table()
    alter(token, expires_at=None)
    assert '<span class="badge warn">Never</span>' in table()


def test_a_use_says_from_where_and_no_use_since_when(token: ReferenceToken) -> None:
    assert f'Never used</span><p class="line">since {token.issued_at:%-d %b %Y}</p>' in table()
    alter(token, last_used_at=timezone.now(), last_used_address="10.1.2.3")
    assert "just now" in table()
    assert '<p class="line">from 10.1.2.3</p>' in table()
    alter(token, last_used_address=None)
    assert "from 10.1.2.3" not in table()


def test_tok13_the_number_of_uses_stands_beside_their_line(token: ReferenceToken) -> None:
    assert '<span class="muted">None</span>' in table()
    DailyUse.objects.create(token=token, day=timezone.now().date(), accepted=1_200)
    assert '</svg><span aria-hidden="true">1,200</span>' in table()


def test_an_act_is_an_icon_with_a_name_and_opens_its_question(application: TrustedApplication) -> None:
    token = issued_sat(application).token
    alter(token, description="Nightly")
    new = rotated(token).token
    acts = re.findall(r'icon-only[^"]*" href="([^"]*)">.*?<span class="visually-hidden">([^<]*)</span></a>', table())
    address = "/manage/security/tokens"
    assert set(acts) == {
        (f"{address}/{token.pk}/end/", "End now: Nightly"),
        (f"{address}/{token.pk}/revoke/", "Revoke Nightly"),
        (f"{address}/{new.pk}/revoke/", "Revoke Nightly"),
        (f"{address}/{new.pk}/rotate/", "Rotate Nightly"),
    }
