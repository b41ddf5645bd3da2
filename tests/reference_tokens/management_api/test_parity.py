"""API-1: what the Instance Manager can do a program can, or it is said why not."""

from __future__ import annotations

import pytest

from reference_tokens.management_api.openapi import PREFIX, described
from tests.access_rules.manage_pages import MANAGE_PAGES
from tests.reference_tokens.management_api.parity import CALLS, REASONS

# The acts of the Instance Manager are below it; `access_rules` holds that its addresses are all in the table.
SECURITY = "/manage/security/"
ACTS = sorted(route for route, page in MANAGE_PAGES.items() if page.takes_a_form)


def test_api1_every_act_has_a_call_or_a_reason() -> None:
    """A new address that takes a form fails here until somebody decides about it."""
    assert sorted(SECURITY + act for act in [*CALLS, *REASONS]) == ACTS


@pytest.mark.parametrize("act", CALLS)
def test_api1_the_calls_for_an_act_are_in_the_document(act: str) -> None:
    paths = described()["paths"]
    for call in CALLS[act]:
        method, path = call.split()
        assert method.lower() in paths.get(f"/{PREFIX}{path}", {}), call
