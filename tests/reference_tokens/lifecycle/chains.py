"""A chain of rotated tokens, and what is asked about it."""

from __future__ import annotations

from typing import NamedTuple

from django.utils import timezone

from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import ReferenceToken
from tests.factories import rotated
from tests.pages import Fields

INVENTORY = "/manage/security/tokens/"
PROFILE = "/profile/security/tokens/"


class Chain(NamedTuple):
    """A token that was rotated twice; each old value lives on for a day."""

    first: IssuedToken
    second: IssuedToken
    newest: IssuedToken

    def live(self) -> str:
        """The names of those that are good."""
        now = timezone.now()
        stored = ReferenceToken.objects.in_bulk([each.token.pk for each in self])
        named = zip(self._fields, self, strict=True)
        return " ".join(name for name, each in named if stored[each.token.pk].state(now) == "live")


def chain_from(first: IssuedToken) -> Chain:
    second = rotated(first.token)
    return Chain(first, second, rotated(second.token))


def revoke_of(each: IssuedToken, site: str = PROFILE) -> str:
    return f"{site}{each.token.pk}/revoke/"


def suspend_of(each: IssuedToken) -> str:
    return f"{INVENTORY}{each.token.pk}/suspend/"


def unticked(form: Fields) -> Fields:
    """The form with the box of the old values left empty."""
    assert form["old_values"] == ["1"]
    return {name: values for name, values in form.items() if name != "old_values"}
