"""Lists of tokens: tabs, filters, orders, capped counts, all in their address (docs/design/interface.md, "Lists")."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from reference_tokens.lists import capped_count
from reference_tokens.lists.filtering import offered
from reference_tokens.lists.finding import order as token_order
from reference_tokens.lists.finding import shortlist
from reference_tokens.lists.finding.filters import PARAMETERS
from reference_tokens.lists.links import NO_LINKS
from reference_tokens.lists.section import list_section
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, alter, issued_pat, issued_sat
from trusted_apps.built_in import MANAGEMENT_SCOPES
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

FILTERS = ("kind", "application", "owner", "scope")


def section(query: str = "", **changes: Any) -> dict[str, Any]:
    tokens = changes.pop("tokens", ReferenceToken.objects.all())
    return list_section(tokens, dict(parse_qsl(query)), timezone.now(), NO_LINKS, **{"filters": FILTERS, **changes})


def names(query: str = "", **changes: Any) -> list[str]:
    return [row.name for row in section(query, **changes)["tokens"]]


def options(found: dict[str, Any], name: str) -> list[str]:
    return [str(value) for value, _label in found["filters"].fields[name].widget.choices]


@pytest.fixture
def named(alice: User, bob: User, application: TrustedApplication) -> dict[str, ReferenceToken]:
    """A token in every state, each named for it; the newest last."""
    now = timezone.now()
    states: dict[str, dict[str, Any]] = {
        "plain": {"last_used_at": now - timedelta(minutes=3)},
        "soon": {"expires_at": now + timedelta(days=6), "last_used_at": now - timedelta(days=2)},
        "never used": {},
        "suspended": {"suspended_at": now, "last_used_at": now - timedelta(days=1)},
        "for ever": {"expires_at": None, "last_used_at": now - timedelta(minutes=2)},
        "expired": {"expires_at": now - timedelta(hours=1)},
        "revoked": {"revoked_at": now},
        "replaced": {"last_used_at": now - timedelta(minutes=1), "expires_at": now + timedelta(days=1)},
        "successor": {"last_used_at": now, "scopes": "update"},
    }
    found = {}
    for number, (name, columns) in enumerate(states.items()):
        found[name] = issued_pat(bob if name == "soon" else alice, application, description=name).token
        alter(found[name], issued_at=now - timedelta(days=20 - number), **columns)
    alter(found["successor"], replaces=found["replaced"])
    found["service"] = issued_sat(ApplicationFactory.create(name="Other", with_system_user=True)).token
    alter(found["service"], description="service", last_used_at=now)
    return found


ALL = ["service", "successor", "replaced", "for ever", "suspended", "never used", "soon", "plain"]


@pytest.mark.parametrize("few", [0, 1000])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("state=live", ALL),
        ("state=suspended", ["suspended"]),
        ("state=expires_soon", ["soon"]),
        ("state=never_used", ["never used"]),
        ("state=outside_policy", ["for ever"]),
        ("state=being_replaced", ["replaced"]),
        ("state=ended", ["revoked", "expired"]),
        ("state=expired", ["expired"]),
        ("state=revoked", ["revoked"]),
        ("kind=SAT", ["service"]),
        ("kind=PAT&state=ended", ["revoked", "expired"]),
        ("kind=SAT&state=ended", []),
        ("owner=bob", ["soon"]),
        ("owner=BOB&state=ended", []),
        ("owner=nobody", []),
        ("scope=update", ["successor"]),
        ("scope=upd", []),
        ("scope=UPDATE", []),
        ("scope=read+update", []),
        ("scope=update&kind=PAT&q=succ&application=excel", ["successor"]),
        ("q=SUSP", ["suspended"]),
        ("q=%25", []),
        ("q=+USED++Ver+ne+", ["never used"]),
        ("q=never+replaced", []),
        ("q=%22+OR+%22", []),
        ("q=n%00ever&state=never_used", ["never used"]),
        ("q=e&state=never_used", ["never used"]),
        ("application=com.example/excel&q=ser", []),
        ("application=com.example/nothing", []),
        ("application=OTH", ["service"]),
        ("application=00000000-0000-0000-0000-000000000000", []),
        ("sort=expiry&q=o+-o", []),
        ("sort=expiry&q=u+alice", ["never used", "suspended", "successor"]),
        ("sort=used&scope=read&owner=alice", ["replaced", "for ever", "plain", "suspended", "never used"]),
        ("sort=unused", ["never used", "soon", "suspended"]),
        ("unused=1", ["never used", "soon", "suspended"]),
        ("unused=2&sort=issued", ["never used", "soon"]),
        ("unused=17", ["never used"]),
        ("unused=19", []),
        ("unused=1&state=ended", ["revoked", "expired"]),
        ("never_used=18", ["never used"]),
        ("never_used=19", []),
        ("never_used=1&application=excel", ["never used"]),
        ("expires_within=7", ["replaced", "soon"]),
        ("expires_within=3&sort=used", ["replaced"]),
        ("no_expiry=1", ["for ever"]),
        ("no_expiry=1&unused=1", []),
        ("outside=no_expiry", ["for ever"]),
        ("outside=lifetime", []),
        ("outside=scopes&state=suspended", []),
        ("outside=no_expiry&state=outside_policy", ["for ever"]),
    ],
)
def test_an_address_narrows_and_orders_the_list(
    named: dict[str, ReferenceToken], monkeypatch: pytest.MonkeyPatch, query: str, expected: list[str], few: int
) -> None:
    monkeypatch.setattr(shortlist, "FEW", few)
    assert names(query)[: len(expected) if query == "sort=unused" else None] == expected


def test_a_hint_an_application_and_a_system_user_find_their_tokens(named: dict[str, ReferenceToken]) -> None:
    token = named["service"]
    assert token.application.system_user
    assert names(urlencode({"q": token.hint})) == ["service"]
    assert names(urlencode({"q": token.hint[-4:].lower()})) == ["service"]
    assert names(urlencode({"q": str(token.pk)})) == ["service"]
    assert names(urlencode({"q": f"nothing {token.pk}"})) == []
    assert names(urlencode({"application": str(token.application_id)})) == ["service"]
    assert names(urlencode({"application": token.application.application_uri})) == ["service"]
    assert names(urlencode({"owner": token.application.system_user.username})) == ["service"]


@pytest.mark.parametrize(
    "query",
    [
        *("state=x", "kind=sat", "sort=description", "sort=-issued_at", "sort=holder__password", "outside=x"),
        *("unused=x", "never_used=0", "expires_within=36501", "issued_before=2026-02-30", "no_expiry=0"),
    ],
)
def test_t65_a_value_that_is_not_listed_is_left_out_with_a_word(named: dict[str, ReferenceToken], query: str) -> None:
    found = section(query)
    assert [row.name for row in found["tokens"]] == ALL
    assert found["banner"]["text"].startswith("A filter in this address is not valid")
    assert not found["is_filtered"]


def test_t65_a_filter_that_the_page_does_not_offer_is_none(named: dict[str, ReferenceToken]) -> None:
    found = section("owner=bob&kind=SAT&holder__username=bob", filters=("scope",))
    assert len(found["tokens"]) == 8
    assert not {"owner", "kind", "application"} & {*found["filters"].fields}


VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["live", "expiry", "used", "PAT", "0.1.2", "id", "-id", "?", "holder__password", "\x00", "'", '"']),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*PARAMETERS, "after", "before", "x"]), VALUES))
@example({"q": "\x00", "owner": "\x00", "scope": "a b", "application": "\x00"})
@example({"q": "a" * 300, "scope": 'x"y\\', "owner": "%"})
def test_t65_any_address_is_answered(alice: User, application: TrustedApplication, query: dict[str, str]) -> None:
    found = list_section(ReferenceToken.objects.all(), query, timezone.now(), NO_LINKS, filters=FILTERS)
    assert found["tokens"] == []
    assert all("=" in tab["url"] or tab["url"] == "?" for tab in found["tabs"])


def test_t37_a_whole_token_is_looked_for_nowhere(alice: User, application: TrustedApplication) -> None:
    plaintext = issued_pat(alice, application, description="mine").plaintext
    for text in (plaintext, plaintext.lower(), plaintext[5:], f"x {plaintext[:20]}"):
        found = section(urlencode({"q": text}))
        assert [row.name for row in found["tokens"]] == ["mine"]
        assert text not in str(found["filters"]) + str(found["tabs"]) + str(found["page"])


def test_links_keep_the_filters_and_clearing_them_keeps_the_tab_and_the_order(
    named: dict[str, ReferenceToken], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_order, "PAGE_SIZE", 1)
    found = section("sort=used&q=e&kind=PAT&x=y")
    live, ended = found["tabs"]
    assert (live["url"], ended["url"]) == ("?kind=PAT&q=e", "?kind=PAT&state=ended&q=e")
    assert (live["current"], ended["current"]) == (True, False)
    assert found["page"]["older_url"].startswith("?kind=PAT&q=e&sort=used&after=0.")
    assert found["page"]["older_label"] == "Next page"
    assert (found["is_filtered"], found["clear_url"]) == (True, "?sort=used")
    ended_page = section("state=revoked&sort=used")
    assert (ended_page["clear_url"], ended_page["tabs"][0]["url"]) == ("?state=ended", "?")
    assert "sort" not in ended_page["filters"].fields
    assert options(ended_page, "state") == ["ended", "expired", "revoked", "exposed"]
    second = section(section()["page"]["older_url"][1:])
    assert second["page"]["newer_url"].startswith("?before=0.")
    assert "newer_label" not in second["page"]


@pytest.mark.parametrize(
    ("query", "is_filtered"),
    [("", False), ("state=ended", False), ("sort=used", False), ("state=revoked", True), ("q=x", True)],
)
def test_a_tab_and_an_order_are_no_filters(db: None, query: str, is_filtered: bool) -> None:
    assert section(query)["is_filtered"] is is_filtered


def test_scopes_are_chosen_where_there_are_few_applications_and_typed_where_there_are_many(
    application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    ApplicationFactory.create(name="Archive", scopes=("delete",))
    found = section("scope=export")
    assert options(found, "scope") == ["", *sorted({"delete", "read", "update"} | MANAGEMENT_SCOPES), "export"]
    monkeypatch.setattr(offered, "APPLICATIONS_OFFERED", 1)
    typed = section(f"application={application.pk}")
    assert 'type="text" name="scope"' in str(typed["filters"]["scope"])


def test_one_of_many_applications_is_typed_by_name_and_shown_by_its_uri(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = ApplicationFactory.create(name="Excel for two", application_uri="com.example/excel2")
    issued_pat(alice, application)
    issued_pat(alice, longer)
    monkeypatch.setattr(offered, "APPLICATIONS_OFFERED", 1)
    assert len(section("application=excel+for")["tokens"]) == 1
    assert len(section("application=EXCEL")["tokens"]) == 2
    # What is the URI of one is no part of another's.
    assert len(section("application=com.example/excel")["tokens"]) == 1
    by_id = section(f"application={longer.pk}")
    assert 'name="application" value="com.example/excel2"' in str(by_id["filters"]["application"])
    assert by_id["filters"].filters.parameters == {"application": str(longer.pk)}
    assert len(by_id["tokens"]) == 1
    unknown = section("application=00000000-0000-0000-0000-000000000000")
    assert (len(unknown["tokens"]), unknown["is_filtered"]) == (0, True)


@pytest.mark.parametrize(("limit", "label"), [(1, "1+ tokens"), (2, "2+ tokens"), (3, "3 tokens"), (4, "3 tokens")])
def test_tokens_are_counted_to_a_limit(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch, limit: int, label: str
) -> None:
    monkeypatch.setattr(capped_count, "COUNT_LIMIT", limit)
    for _number in range(3):
        issued_pat(alice, application)
    assert section()["count_label"] == label


@pytest.mark.parametrize(
    ("count", "text"), [(0, None), (1, "1 token expires this week."), (2, "2 tokens expire this week.")]
)
def test_one_banner_says_how_many_tokens_expire_this_week(
    alice: User, application: TrustedApplication, count: int, text: str | None
) -> None:
    for days in [8, 9, *range(1, count + 1)]:
        issued_pat(alice, application, description="x", expires_at=timezone.now() + timedelta(days=days))
    banner = section()["banner"]
    assert (banner and banner["text"]) == text
    if banner:
        assert banner["url"] == "?state=expires_soon"
        assert len(section("state=expires_soon")["tokens"]) == count
    assert section("state=ended")["banner"] is None
    assert section("q=x")["banner"] is None


def test_the_banner_stands_above_the_first_page_alone(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_order, "PAGE_SIZE", 1)
    for _number in range(2):
        issued_pat(alice, application, expires_at=timezone.now() + timedelta(days=1))
    first = section()
    assert first["banner"]
    assert section(first["page"]["older_url"][1:])["banner"] is None


def test_a_place_of_another_list_shows_only_what_is_of_this_one(
    alice: User, bob: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_order, "PAGE_SIZE", 1)
    for user in (alice, bob, alice, bob):
        issued_pat(user, application)
    theirs = section(tokens=ReferenceToken.objects.held_by(bob))["page"]["older_url"][1:]
    shown = section(theirs, tokens=ReferenceToken.objects.held_by(alice))["tokens"]
    assert {row.holder_name for row in shown} == {"Alice (alice)"}
