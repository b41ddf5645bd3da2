"""The applications that the filters of a list offer: found as one types, at any number."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, NamedTuple, Protocol

from django.db.models import Exists, Q
from django.utils.translation import gettext as _

from accounts.forms.choosing import MOST_OFFERED, status
from accounts.text.case_folding import contains_text, folded
from reference_tokens.lists.finding.words import id_in
from reference_tokens.lists.search import holds_token

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from trusted_apps.models import TrustedApplication

# Of so many applications the scopes are chosen, not typed.
APPLICATIONS_OFFERED = 200


class OfferedApplication(NamedTuple):
    """What a filter says of an application."""

    pk: uuid.UUID
    name: str
    scopes: tuple[str, ...]
    application_uri: str


class Offered(NamedTuple):
    """All of the applications, or of too many those that the address names; `url` finds others as one types."""

    applications: list[OfferedApplication]
    are_all: bool = True
    url: str = ""

    def named(self, text: str) -> OfferedApplication | None:
        """The application of this id or URI."""
        return next((one for one in self.applications if text == one.application_uri or id_in(text) == one.pk), None)

    def meant(self, text: str) -> list[OfferedApplication]:
        """Those among which a text does not decide, because it stands in the name or URI of each."""
        words = folded(text) or ""
        if not words or self.named(text):
            return []
        found = [one for one in self.applications if words in f"{folded(one.name)}\n{folded(one.application_uri)}"]
        return found if len(found) > 1 else []


class FoundLink(NamedTuple):
    """What a list can be narrowed to, what programs call it, and where the list is narrowed to it."""

    name: str
    code: str
    url: str


class FoundLinks(NamedTuple):
    """What a text finds to narrow the list to, and a sentence about that."""

    found: list[FoundLink]
    said: str


class HasAddress(Protocol):
    """The filters of a list, as far as they tell its address."""

    def url(self, **changes: str) -> str:
        """The address of the list with some parameters changed."""


def offered(applications: QuerySet[TrustedApplication], named: str, url: str = "") -> Offered:
    """What is offered of these applications; one query, which reads no more of them than are chosen from."""
    limit = APPLICATIONS_OFFERED
    are_all = ~Exists(applications.order_by()[limit : limit + 1])
    columns = (*OfferedApplication._fields, are_all)
    rows = list(applications.filter(Q(are_all) | meant_by(named)).order_by("name", "pk").values_list(*columns)[:limit])
    found = [OfferedApplication(*row[:-1]) for row in rows]
    return Offered(found, are_all=bool(rows) and bool(rows[0][-1]), url=url)


def meant_by(text: str) -> Q:
    """The application of this id, or those in whose name or URI the text stands; none for no text."""
    if application := id_in(text):
        return Q(pk=application)
    words = text.replace("\0", "").strip()
    if not words or holds_token(words):
        return Q(pk__in=[])
    return contains_text("name", words) | contains_text("application_uri", words)


def links_to(applications: list[OfferedApplication], filters: HasAddress, said: str) -> FoundLinks:
    """The first of the applications as links."""
    shown = applications[:MOST_OFFERED]
    return FoundLinks(
        [FoundLink(one.name, one.application_uri, filters.url(application=one.application_uri)) for one in shown],
        said,
    )


def said_of(applications: list[OfferedApplication]) -> str:
    """How many were found."""
    return status(min(len(applications), MOST_OFFERED), has_more=len(applications) > MOST_OFFERED)


def links_found(applications: QuerySet[TrustedApplication], text: str, filters: HasAddress) -> FoundLinks:
    """The applications that a text finds; without any all of them, where they are few."""
    some = applications.filter(meant_by(text)) if text.strip() else applications
    rows = some.order_by("name", "pk").values_list(*OfferedApplication._fields)[: MOST_OFFERED + 1]
    found = [OfferedApplication(*row) for row in rows]
    if text.strip():
        return links_to(found, filters, said_of(found))
    # Of many, the first ones by name are no likelier choices than the others.
    has_more = len(found) > MOST_OFFERED
    return links_to([] if has_more else found, filters, _("Enter a part of the name or URI.") if has_more else "")
