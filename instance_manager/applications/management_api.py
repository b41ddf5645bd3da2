"""What the page of the built-in application says of the management API, which its tokens open (API-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from trusted_apps.built_in import ManagementScope
from trusted_apps.models import AccessTokensPolicy

if TYPE_CHECKING:
    from trusted_apps.models import TrustedApplication

ADDRESS = "/api/v1/"
# The calls as OpenAPI, for tools and people; it can be read without a token.
DOCUMENT = f"{ADDRESS}openapi.json"


class ManagementAPI(NamedTuple):
    """Where the API is, what each of its scopes allows, and what is to be done before a token opens it."""

    address: str
    document_url: str
    scopes: list[tuple[str, str]]
    first: list[str]


def management_api(application: TrustedApplication) -> ManagementAPI | None:
    """What its tokens open; None of any other application."""
    if not application.is_built_in:
        return None
    scopes = [(str(scope), str(scope.label)) for scope in ManagementScope]
    return ManagementAPI(settings.BASE_URL + ADDRESS, DOCUMENT, scopes, to_do_first(application))


def to_do_first(application: TrustedApplication) -> list[str]:
    """What an administrator still has to do, so that people and programs can get tokens for it."""
    steps = []
    if application.access_tokens_policy == AccessTokensPolicy.NONE:
        steps.append(_("Choose an AccessTokens policy: while it is None, nobody can issue a token for it."))
    if application.system_user is None:
        steps.append(_("Choose a System User, as which service access tokens act."))
    return steps
