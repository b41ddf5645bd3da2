"""What search engines, and previews of links, say of a page."""

from __future__ import annotations

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
META = re.compile(r'<meta name="(description)"\s+content="([^"]+)">', re.IGNORECASE)


def test_the_sign_in_page_says_what_it_is_for(client: Client) -> None:
    [(name, content)] = META.findall(client.get("/accounts/login/").text)
    assert name == "description"
    assert "reference tokens" in content


@pytest.mark.parametrize("path", ["/profile/security/tokens/", "/profile/security/tokens/new/", "/profile/"])
def test_a_page_with_a_field_called_description_has_no_other_element_of_that_name(
    alice_client: Client, path: str
) -> None:
    [(name, content)] = META.findall(alice_client.get(path).text)
    assert name != "description"
    assert "tokens" in content
