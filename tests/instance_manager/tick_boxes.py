"""The boxes of a choice, and many to choose from."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.contrib.auth.models import Group

from accounts.models import User
from trusted_apps.models import TrustedApplication


def many_people(count: int) -> list[User]:
    return User.objects.bulk_create(
        User(username=f"person{number:04d}", name=f"Person {number:04d}", password="!") for number in range(count)
    )


def many_applications(count: int) -> list[TrustedApplication]:
    return TrustedApplication.objects.bulk_create(
        TrustedApplication(name=f"App {number:04d}", application_uri=f"com.example/app{number:04d}")
        for number in range(count)
    )


def many_groups(count: int) -> list[Group]:
    return Group.objects.bulk_create(Group(name=f"Group {number:04d}") for number in range(count))


def boxes(response: Any, name: str) -> dict[str, bool]:
    """The boxes of this name by their labels, and whether they are ticked."""
    box = rf'<input type="(?:checkbox|radio)" name="{name}" value="[^"]*"( checked)?>\s*<(?:bdi|span)>(.*?)<'
    return {unescape(label): bool(ticked) for ticked, label in re.findall(box, response.content.decode())}
