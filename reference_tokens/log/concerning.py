"""Which entries of the audit log concern tokens, applications and people by their programs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, UUIDField, Value, When
from django.db.models.functions import Cast, Replace

from accounts.audit.queries import about, by
from reference_tokens.models import ReferenceToken
from trusted_apps.built_in import API_TOKEN, MANAGEMENT_API_URI

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection

    from accounts.models import User
    from reference_tokens.models import ReferenceTokenQuerySet

# Of so many tokens the entries are found by their ids.
MOST_TOLD = 200
# The columns of `named_by`, to ask for.
NAMED_BY = {
    "token": "id",
    "revocation": "revocation_id",
    "suspension": "suspension_id",
    "resumption": "resumption_id",
    "leak_report": "leak_report_id",
}


def named_by(token: ReferenceToken) -> dict[str, uuid.UUID | None]:
    """The ids by which entries are about the token, by the types of their targets."""
    return {
        "token": token.pk,
        "revocation": token.revocation_id,
        "suspension": token.suspension_id,
        "resumption": token.resumption_id,
        "leak_report": token.leak_report_id,
    }


def concerning_token(token: ReferenceToken) -> tuple[Q, ...]:
    """The entries about a token, about many of which it was one, and of what it did itself."""
    return (*about_tokens([token]), *by_tokens([token.pk]))


def by_tokens(ids: Collection[uuid.UUID | str]) -> tuple[Q, ...]:
    """The entries of what tokens did themselves, and of what programs did by them."""
    acting = [str(pk) for pk in ids]
    return by("token", acting), by(API_TOKEN, acting)


def by_programs_of(people: Collection[User]) -> tuple[Q, ...]:
    """The entries of what programs did by the tokens of these people for the management API."""
    tokens = ReferenceToken.objects.filter(holder__in=people, application__application_uri=MANAGEMENT_API_URI)
    ids = [str(pk) for pk in tokens.order_by().values_list("pk", flat=True)]
    return (by(API_TOKEN, ids),) if ids else ()


def concerning_applications(ids: Collection[uuid.UUID]) -> tuple[Q, ...]:
    """The entries about these applications, and about their tokens.

    Those of few tokens are found by an index; for more the whole log is walked, which soon meets some.
    """
    tokens = ReferenceToken.objects.filter(application__in=ids)
    few = list(tokens.only(*NAMED_BY.values())[: MOST_TOLD + 1])
    found = about_tokens(few) if len(few) <= MOST_TOLD else [about_any_of(tokens)]
    return (about("application", [str(pk) for pk in ids]), *found)


def about_tokens(tokens: Collection[ReferenceToken]) -> list[Q]:
    """The entries about these tokens, by the index of targets."""
    ids: dict[str, set[str]] = defaultdict(set)
    for token in tokens:
        for kind, pk in named_by(token).items():
            ids[kind] |= {str(pk)} if pk else set()
    return [about(kind, of_kind) for kind, of_kind in ids.items() if of_kind]


def about_any_of(tokens: ReferenceTokenQuerySet) -> Q:
    """The entries about any of these tokens, asked of each entry; only an id of a token is compared with one."""
    pk = Cast(Replace(OuterRef("target_id"), Value("-"), Value("")), UUIDField())
    asked = [When(target_type=kind, then=Exists(tokens.filter(**{name: pk}))) for kind, name in NAMED_BY.items()]
    return Q(Case(*asked, default=Value(False), output_field=BooleanField()))
