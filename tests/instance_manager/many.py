"""Very many people, applications and groups, and walking through their pages."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from trusted_apps.models import TrustedApplication

MOST_BYTES = 48 * 1024


def many_people(count: int) -> list[User]:
    return User.objects.bulk_create(
        User(username=f"person{number:04d}", name=f"Person {number:04d}", password="!") for number in range(count)
    )


def many_applications(count: int, **columns: Any) -> list[TrustedApplication]:
    return TrustedApplication.objects.bulk_create(
        TrustedApplication(name=f"App {number:04d}", application_uri=f"com.example/app{number:04d}", **columns)
        for number in range(count)
    )


def many_groups(count: int) -> list[Group]:
    return Group.objects.bulk_create(Group(name=f"Group {number:04d}") for number in range(count))


def names_on(response: Any) -> list[str]:
    return re.findall(r'class="token-name" [^>]*><bdi>(.*?)</bdi>', response.content.decode())


def walk(client: Client, address: str) -> list[str]:
    """The names on every page of a list."""
    found, query = [], "?"
    while query:
        response = client.get(address + query)
        assert len(response.content) < 2 * MOST_BYTES
        found += names_on(response)
        following = re.search(r'href="([^"]*)" rel="next"', response.content.decode())
        query = following[1].replace("&amp;", "&") if following else ""
    return found
