"""What the audit log is narrowed to: the filters of its page and of programs, and what they name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from accounts.audit.queries import EventFilters, about, by
from accounts.forms.choosing import MOST_OFFERED
from accounts.models import User
from accounts.text.case_folding import contains_text
from reference_tokens.lists.filtering.offered import meant_by
from reference_tokens.lists.finding.words import id_in
from reference_tokens.log.concerning import by_programs_of, by_tokens, concerning_applications, concerning_token
from reference_tokens.models import ReferenceToken, ResourceServer
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Q, QuerySet

# The parameters of an address, in their order; `after` and `before` say where in the log.
PARAMETERS = ("person", "application", "token", "server", "action", "source", "address", "since", "until")


@dataclass(frozen=True, slots=True)
class LogFilters:
    """The filters that were understood, by their parameters: texts, and instants."""

    values: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, str]:
        """Every parameter that says something, in order."""
        return {name: said(self.values[name]) for name in PARAMETERS if self.values.get(name)}

    @property
    def hidden_fields(self) -> list[dict[str, str]]:
        """The same parameters, as a form carries them."""
        return [{"name": name, "value": value} for name, value in self.parameters.items()]

    def url(self, **changes: str) -> str:
        """The address of this list, relative to itself, with some parameters changed."""
        values = self.parameters | changes
        return "?" + urlencode({name: value for name, value in values.items() if value})


def said(value: Any) -> str:
    """A value as an address says it; instants to the minute, in UTC."""
    return value if isinstance(value, str) else str(value.isoformat()[:16])


class Concerned(NamedTuple):
    """What the filters name that entries are about, or are by."""

    people: list[User]
    applications: list[TrustedApplication]
    token: ReferenceToken | None
    server: ResourceServer | None


def concerned(filters: LogFilters) -> Concerned:
    """What the filters name; at most a query for each and for those among which a text does not decide."""
    person, application, token, server = (filters.parameters.get(name, "") for name in PARAMETERS[:4])
    pk = id_in(token)
    return Concerned(
        people=people_meant(person) if person else [],
        applications=applications_meant(application) if application else [],
        token=ReferenceToken.objects.select_related("application").filter(pk=pk).first() if pk else None,
        server=ResourceServer.objects.filter(client_id=server).first() if server else None,
    )


def people_meant(text: str) -> list[User]:
    """The user of this id or user name; where there is none, the first in whose names or e-mail address it stands."""
    if pk := id_in(text):
        return list(User.objects.filter(pk=pk))
    return list(User.objects.named(text)) or list(people_with(text)[: MOST_OFFERED + 1])


def people_with(text: str) -> QuerySet[User]:
    """The users in whose names or e-mail address a text stands, by user name."""
    words = contains_text("name", text) | contains_text("username", text) | contains_text("email", text)
    return User.objects.filter(words, deleted_at=None).order_by("username")


def applications_meant(text: str) -> list[TrustedApplication]:
    """The application of this id or URI; where there is none, the first in whose name or URI it stands."""
    exact = list(TrustedApplication.objects.filter(application_uri=text))
    return exact or list(TrustedApplication.objects.filter(meant_by(text)).order_by("name", "pk")[: MOST_OFFERED + 1])


def event_filters(filters: LogFilters, named: Concerned) -> EventFilters:
    """The filters as entries are asked for; what names nothing leaves no entry."""
    parameters, values = filters.parameters, filters.values
    concerning: list[tuple[Q, ...]] = []
    # The one that is likely to leave the fewest leads.
    if token := parameters.get("token"):
        concerning.append(concerning_token(named.token) if named.token else concerning_gone_token(token))
    if server := parameters.get("server"):
        concerning.append(concerning_id("resource_server", server))
    if "person" in parameters:
        ids = [str(person.pk) for person in named.people]
        concerning.append((about("user", ids), by("user", ids), *by_programs_of(named.people)))
    if "application" in parameters:
        concerning.append(concerning_applications([one.pk for one in named.applications]))
    return EventFilters(
        concerning=tuple(concerning),
        **{name: parameters.get(name, "") for name in ("action", "source", "address")},
        since=values.get("since"),
        until=values.get("until"),
    )


def concerning_id(kind: str, pk: str) -> tuple[Q, ...]:
    """The entries about what has this id, and of what it did itself."""
    return about(kind, [pk]), by(kind, [pk])


def concerning_gone_token(pk: str) -> tuple[Q, ...]:
    """The entries about a token that this instance does not have, and of what was done by it."""
    return about("token", [pk]), *by_tokens([pk])
