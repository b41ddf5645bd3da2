"""How long a text may be is said of what is stored of it, as in the forms (TXT-1, API-1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import ApplicationFactory
from tests.reference_tokens.management_api.conftest import Program

pytestmark = [pytest.mark.once, pytest.mark.django_db]

# One letter where it is stored, two characters as some programs write it.
LETTER, STORED = "e\u0301", "\u00e9"
NAME, DESCRIPTION = {"name": 100}, {"name": 100, "description": 200}


def texts(lengths: dict[str, int], *, more: int = 0) -> dict[str, str]:
    """Members of these lengths once they are stored, with white space at their ends."""
    return {name: f" {LETTER * (length + more)}\n" for name, length in lengths.items()}


def stored(lengths: dict[str, int]) -> dict[str, str]:
    return {name: STORED * length for name, length in lengths.items()}


@pytest.mark.parametrize(
    ("path", "given", "lengths"),
    [
        ("/applications", {"application_uri": "com.example/made"}, DESCRIPTION),
        ("/resource-servers", {"all_applications": True}, NAME),
        ("/webhooks", {"url": "https://hooks.example.com/", "types": ["token.issued"]}, {"description": 200}),
        ("/scopes", {"name": "export"}, {"description": 200}),
        ("/groups", {}, {"name": 150}),
        ("/users", {"kind": "system", "username": "job"}, {"name": 150}),
    ],
)
def test_txt1_a_text_is_as_long_as_what_is_stored_of_it(
    automation: Program, path: str, given: dict[str, Any], lengths: dict[str, int]
) -> None:
    assert automation.post(path, given | texts(lengths, more=1)).status_code == 422
    made = automation.post(path, given | texts(lengths))
    assert made.status_code == 201
    assert {name: made.json()[name] for name in lengths} == stored(lengths)


def test_txt1_so_is_a_changed_name(automation: Program) -> None:
    for path, lengths in (("/applications", DESCRIPTION), ("/resource-servers", NAME)):
        given = {"application_uri": "com.example/made"} if lengths == DESCRIPTION else {"all_applications": True}
        made = automation.post(path, given | {"name": "Before"})
        address = f"{path}/{made.json()['id']}"
        assert automation.patch(address, texts(lengths, more=1), If_Match=made["ETag"]).status_code == 422
        changed = automation.patch(address, texts(lengths), If_Match=made["ETag"])
        assert {name: changed.json()[name] for name in lengths} == stored(lengths)


def test_txt1_so_is_what_an_issued_token_is_called(automation: Program) -> None:
    path = f"/applications/{ApplicationFactory.create(with_system_user=True).pk}/tokens"
    given = {"scopes": ["read"], "expires_in_days": 7}
    assert automation.post(path, given | texts({"description": 200}, more=1)).status_code == 422
    issued = automation.post(path, given | texts({"description": 200}))
    assert issued.status_code == 201
    assert automation.get(f"/tokens/{issued.json()['id']}").json()["description"] == STORED * 200
