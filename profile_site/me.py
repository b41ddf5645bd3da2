"""`GET /profile/me` (contract 4.6): it tells a caller who they are here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.vary import vary_on_headers

from accounts.http import client_address
from accounts.models import User
from reference_tokens.endpoints.answers import encoded, json_answer
from reference_tokens.endpoints.credentials import MalformedCredential, NoCredential, presented_token
from reference_tokens.endpoints.forward_auth import MALFORMED, NO_CREDENTIAL, NOT_ACTIVE
from reference_tokens.endpoints.http import Problem, Refused, machine_endpoint
from reference_tokens.models import Door, ReferenceToken
from reference_tokens.validation.validate import validate

if TYPE_CHECKING:
    from django.http import HttpRequest

    from reference_tokens.endpoints.answers import Answer

# A SAT acts as software: there is no person, and nothing of a person to tell.
NOT_A_PERSON = Problem(403, "access_denied")
LINKS = {
    "profile": "profile:personal_info",
    "changePassword": "profile:password",
    "accessTokens": "profile:token_list",
    "devices": "profile:device_list",
}


# Nothing but reading is answered here, so that another method is 405 and not a missing CSRF token.
@csrf_exempt
@vary_on_headers("Cookie", "Authorization", "X-Api-Key", "Api-Key")
def me(request: HttpRequest) -> HttpResponse:
    """A machine's answer in the form of a page's: the session of a browser is read here."""
    answer = person_asking(request)
    return HttpResponse(answer.content, status=answer.status, headers=dict(answer.headers))


@machine_endpoint("GET", "HEAD")
def person_asking(request: HttpRequest) -> Answer:
    """The signed-in person, or the person whom a PAT speaks for.

    A header with a credential decides alone: where its token is no good, the cookie beside it opens nothing.
    """
    try:
        person = holder_of(request, presented_token(request))
    except NoCredential:
        if not request.user.is_authenticated:
            raise Refused(NO_CREDENTIAL) from None
        person = request.user
    except MalformedCredential:
        raise Refused(MALFORMED) from None
    return json_answer(encoded(description(person)))


def holder_of(request: HttpRequest, plaintext: str) -> User:
    """Whom a good PAT speaks for, whatever its scopes: it asks only who that is. Raises `Refused`."""
    decision = validate(plaintext, now=timezone.now(), door=Door.PROFILE, address=client_address(request))
    if decision.inactive:
        raise Refused(NOT_ACTIVE)
    if decision.good.kind != ReferenceToken.Kind.PAT:
        raise Refused(NOT_A_PERSON)
    return User.objects.get(pk=str(decision.good.holder.id))


def description(person: User) -> dict[str, Any]:
    """The person; links are absolute, from the configured origin."""
    return {
        "id": str(person.pk),
        "login": person.username,
        "name": person.name,
        "email": person.email,
        "isAdmin": person.is_administrator,
        "isActive": person.is_active,
        "links": {name: settings.BASE_URL + reverse(page) for name, page in LINKS.items()},
    }
