"""The filters of a list say how many tokens each choice finds, beside the other filters that are set."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from accounts.database.statement_time import TakesTooLong
from accounts.models import User
from reference_tokens.lists.capped_count import CappedCount
from reference_tokens.lists.filtering import counts
from reference_tokens.lists.finding import shortlist
from reference_tokens.lists.finding.states import ENDED_STATES, LIVE_STATES
from reference_tokens.models.outside_policy import Outside
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

OWN, ALL = "/profile/security/tokens/", "/manage/security/tokens/"
COUNTED = re.compile(r"innerHTML:#filter_(\w+) \[value='(\w*)'\]\">(.*?)</p>")


@pytest.fixture
def service_application(alice: User, bob: User, application: TrustedApplication) -> TrustedApplication:
    """Nine tokens, of which two have ended; one is a service's, of this application."""
    now = timezone.now()
    service = ApplicationFactory.create(system_user=UserFactory.create(username="robot", system=True))
    for columns in (
        {},
        {"suspended_at": now},
        {"suspended_at": now, "last_used_at": now},
        {"expires_at": None},
        {"issued_at": now - timedelta(days=9), "expires_at": now + timedelta(days=3)},
        {"revoked_at": now},
        {"issued_at": now - timedelta(days=9), "expires_at": now - timedelta(days=3)},
    ):
        alter(issued_pat(alice, application, description="of alice").token, **columns)
    issued_pat(bob, application)
    issued_sat(service, description="service")
    return service


def choices(client: Client, address: str = ALL, **query: str) -> dict[str, dict[str, str]]:
    """What each choice says, by its field and its value."""
    found: dict[str, dict[str, str]] = {}
    response = client.get(f"{address}counts/", query, headers={"HX-Request": "true"})
    for field, value, text in COUNTED.findall(response.content.decode()):
        found.setdefault(field, {})[value] = unescape(text)
    return found


def test_each_choice_says_how_many_tokens_it_finds(
    administrator_client: Client, service_application: TrustedApplication
) -> None:
    found = choices(administrator_client)
    assert list(found["state"].values()) == [
        "Any (7)",
        "Expires soon (1)",
        "Never used (6)",
        "Suspended (2)",
        "Outside policy (1)",
        "Being replaced (0)",
    ]
    assert list(found["kind"].values()) == ["Any (7)", "PAT (6)", "SAT (1)"]
    assert list(found["no_expiry"].values()) == ["Any (7)", "Never expires (1)"]
    assert found["outside"]["no_expiry"] == "its application does not allow tokens without expiry (1)"
    assert found["outside"]["scopes"] == "its application does not offer all of its scopes (0)"


def test_the_other_filters_stay_and_that_of_the_choice_does_not(
    administrator_client: Client, service_application: TrustedApplication
) -> None:
    found = choices(administrator_client, kind="PAT", state="suspended", q="alice", sort="used")
    assert list(found["kind"].values()) == ["Any (2)", "PAT (2)", "SAT (0)"]
    assert (found["state"]["live"], found["state"]["never_used"]) == ("Any (5)", "Never used (4)")
    assert choices(administrator_client, no_expiry="1")["state"]["live"] == "Any (1)"
    assert choices(administrator_client, outside="no_expiry")["kind"] == {
        "": "Any (1)",
        "PAT": "PAT (1)",
        "SAT": "SAT (0)",
    }


def test_among_ended_tokens_the_states_are_those_of_their_tab(
    administrator_client: Client, service_application: TrustedApplication
) -> None:
    found = choices(administrator_client, state="ended")
    assert list(found["state"].values()) == ["Any (2)", "Expired (1)", "Revoked (1)", "Exposed (0)"]
    assert found["kind"]["PAT"] == "PAT (2)"


@pytest.mark.parametrize("query", [{}, {"kind": "PAT"}, {"q": "alice"}, {"state": "ended"}, {"scope": "read"}])
def test_a_choice_counts_what_its_list_counts(
    administrator_client: Client, service_application: TrustedApplication, query: dict[str, str]
) -> None:
    found = choices(administrator_client, **query)
    values = [state.value for state in (ENDED_STATES if "state" in query else LIVE_STATES)]
    wanted = {"state": values, "outside": [reason.value for reason in Outside], "no_expiry": ["1"], "kind": ["SAT"]}
    for field, expected in wanted.items():
        for value in expected:
            words = text_of(administrator_client.get(ALL, query | {field: value}))
            number = re.search(r"\((\d+)\)", found[field][value])
            assert number
            assert re.search(rf"\b{number[1]} tokens?\b", words), (field, value)


def test_people_are_told_of_their_own_tokens_alone(
    alice_client: Client, service_application: TrustedApplication
) -> None:
    found = choices(alice_client, OWN)
    assert "kind" not in found
    assert (found["state"]["live"], found["state"]["suspended"]) == ("Any (5)", "Suspended (2)")
    assert choices(alice_client, OWN, owner="bob")["state"]["live"] == "Any (5)"


def test_the_lists_of_an_application_and_of_a_user_count_their_own(
    alice: User, administrator_client: Client, service_application: TrustedApplication
) -> None:
    of_service = choices(administrator_client, f"/manage/security/trusted-apps/{service_application.pk}/tokens/")
    assert of_service["kind"] == {"": "Any (1)", "PAT": "PAT (0)", "SAT": "SAT (1)"}
    of_alice = choices(administrator_client, f"/manage/security/users/{alice.pk}/tokens/")
    assert (of_alice["state"]["live"], "kind" in of_alice) == ("Any (5)", False)
    of_robot = choices(administrator_client, f"/manage/security/users/{service_application.system_user_id}/tokens/")
    assert of_robot["state"]["live"] == "Any (1)"


@pytest.mark.parametrize("address", [OWN, ALL, "/manage/security/trusted-apps/{}/", "/manage/security/users/{}/"])
def test_a_list_leads_to_its_counts_and_does_not_wait_for_them(
    administrator: User, administrator_client: Client, application: TrustedApplication, address: str
) -> None:
    issued_pat(administrator, application)
    page = address.format(administrator.pk if "users" in address else application.pk)
    content = administrator_client.get(page).content.decode()
    (counts_url,) = re.findall(r'hx-get="([^"]*counts/)"', content)
    assert administrator_client.get(counts_url).status_code == 200
    assert "(1)" not in content
    assert 'hx-trigger="toggle once from:closest details' in content
    assert 'hx-trigger="load' in administrator_client.get(page, {"unused": "0"}).content.decode()


def test_counts_stop_where_those_of_lists_do(
    administrator_client: Client, service_application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "FEW", 3)
    with Statements() as statements:
        found = choices(administrator_client)
    assert (found["state"]["live"], found["state"]["never_used"]) == ("Any (3+)", "Never used (3+)")
    assert found["state"]["suspended"] == "Suspended (2)"
    counting = [sql for sql in statements.sql if "COUNT" in sql and "reference_tokens_referencetoken" in sql]
    assert counting
    assert all("LIMIT 4" in sql for sql in counting), counting


def test_the_same_set_is_counted_once(administrator_client: Client, service_application: TrustedApplication) -> None:
    with Statements() as statements:
        choices(administrator_client)
    # Six states, two kinds, one that never expires, four reasons: "any" is each time the whole.
    assert sum("AS counted" in sql for sql in statements.sql) == 13


def test_a_choice_that_takes_too_long_is_offered_without_its_count(
    administrator_client: Client, service_application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortlist, "count_in_time", lambda _count: None)
    assert choices(administrator_client)["kind"] == {"": "Any", "PAT": "PAT", "SAT": "SAT"}


def test_where_the_time_is_up_the_other_choices_are_offered_without_counts(
    administrator_client: Client, service_application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def number_of(_tokens: Any, filters: Any, *_others: Any, **_said: Any) -> CappedCount:
        if filters.kind:
            raise TakesTooLong
        return CappedCount(1, is_capped=False)

    monkeypatch.setattr(counts, "number_of", number_of)
    found = choices(administrator_client)
    assert found["state"]["suspended"] == "Suspended (1)"
    assert found["kind"] == {"": "Any (1)", "PAT": "PAT", "SAT": "SAT"}
    assert found["no_expiry"] == {"": "Any (1)", "1": "Never expires"}


def test_a_token_is_not_looked_for(administrator_client: Client) -> None:
    token = f"enrt_{'0' * 64}"
    response = administrator_client.get(f"{ALL}counts/?{urlencode({'q': token, 'kind': 'PAT'})}")
    assert response.headers["Location"] == f"{ALL}counts/?kind=PAT"


def test_what_an_address_says_stands_in_no_answer(administrator_client: Client) -> None:
    response = administrator_client.get(f"{ALL}counts/", {"state": "<b>", "kind": "<b>", "outside": "<b>", "q": "<b>"})
    assert "<b>" not in unescape(response.content.decode())
