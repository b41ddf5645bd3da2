"""Links upward: lower layers name a page by what it is for, and the sites say where it is."""

from __future__ import annotations

import ast
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.apps import apps

from accounts.addresses import address_of, register_addresses
from instance_manager.apps import LINKED_FROM_BELOW as MANAGE
from profile_site.apps import LINKED_FROM_BELOW as PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
SOME_ID = uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
# Every page that is linked to from below, with what it is asked for, and its path.
PAGES: dict[str, tuple[tuple[object, ...], str]] = {
    "own profile": ((), "/profile/"),
    "own devices": ((), "/profile/devices/"),
    "own second factors": ((), "/profile/security/second-factors/"),
    "own single sign-on": ((), "/profile/security/single-sign-on/"),
    "own tokens": ((), "/profile/security/tokens/"),
    "confirm own e-mail address": (("k-_9",), "/profile/email/confirm/k-_9/"),
    "rotate own token": ((SOME_ID,), f"/profile/security/tokens/{SOME_ID}/rotate/"),
    "revoke own token": ((SOME_ID,), f"/profile/security/tokens/{SOME_ID}/revoke/"),
    "Instance Manager": ((), "/manage/"),
    "applications": ((), "/manage/security/trusted-apps/"),
    "application": ((SOME_ID,), f"/manage/security/trusted-apps/{SOME_ID}/"),
    "tokens": ((), "/manage/security/tokens/"),
    "token": ((SOME_ID,), f"/manage/security/tokens/{SOME_ID}/"),
    "rotate token": ((SOME_ID,), f"/manage/security/tokens/{SOME_ID}/rotate/"),
    "revoke token": ((SOME_ID,), f"/manage/security/tokens/{SOME_ID}/revoke/"),
    "resource server": ((7,), "/manage/security/resource-servers/7/"),
    "user": ((SOME_ID,), f"/manage/security/users/{SOME_ID}/"),
    "group": ((7,), "/manage/security/groups/7/"),
    "webhooks": ((), "/manage/security/webhooks/"),
    "webhook": ((SOME_ID,), f"/manage/security/webhooks/{SOME_ID}/"),
}


def asked_for() -> Iterator[tuple[str, ast.expr]]:
    """Where the code calls `address_of`, and the first thing it hands over."""
    for config in apps.get_app_configs():
        if Path(config.path).parent != ROOT:
            continue
        for file in Path(config.path).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "address_of":
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", node.args[0]


@pytest.mark.parametrize(("page", "known"), PAGES.items(), ids=PAGES)
def test_a_page_is_found_by_what_it_is_for(page: str, known: tuple[tuple[object, ...], str]) -> None:
    args, path = known

    assert address_of(page, *args) == path


def test_the_sites_register_the_pages_of_this_table_and_no_others() -> None:
    assert PROFILE.keys() | MANAGE.keys() == PAGES.keys()


def test_the_code_asks_for_registered_pages_alone_and_names_them_where_it_asks() -> None:
    calls = list(asked_for())

    assert len(calls) > 10
    unknown = [where for where, page in calls if not (isinstance(page, ast.Constant) and page.value in PAGES)]
    assert unknown == []


def test_a_page_that_no_site_has_is_an_error_and_not_an_empty_link() -> None:
    with pytest.raises(LookupError, match="no site has registered the page 'a page of another product'"):
        address_of("a page of another product")


def test_two_sites_cannot_claim_the_same_page() -> None:
    with pytest.raises(ValueError, match="registered twice: own tokens"):
        register_addresses({"own tokens": "manage:inventory"})

    assert address_of("own tokens") == "/profile/security/tokens/"
