"""What the filters by person and application find while one types, or where a text does not decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.forms.choosing import MOST_OFFERED, status
from accounts.models import User
from reference_tokens.lists.filtering.offered import FoundLink, FoundLinks

if TYPE_CHECKING:
    from reference_tokens.log.filters import LogFilters
    from trusted_apps.models import TrustedApplication


def people_as_links(people: list[User], filters: LogFilters) -> FoundLinks:
    """The first of the people, each with the log of them."""
    links = [FoundLink(user.name_beside_others, user.username, filters.url(person=user.username)) for user in people]
    return found_links(links)


def applications_as_links(applications: list[TrustedApplication], filters: LogFilters) -> FoundLinks:
    """The first of the applications, each with the log of them."""
    return found_links(
        [FoundLink(one.name, one.application_uri, filters.url(application=one.application_uri)) for one in applications]
    )


def found_links(links: list[FoundLink]) -> FoundLinks:
    """The first of these, and how many were found; nothing is said of none."""
    has_more = len(links) > MOST_OFFERED
    return FoundLinks(links[:MOST_OFFERED], status(min(len(links), MOST_OFFERED), has_more=has_more) if links else "")
