"""Links that fill in the form that issues a token: shown to the person, who may change it, and never sent by itself.

What a link asks for and may not have is left out, with a word on the form. Nobody can know where a link comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.forms.resumed_form import REPLACES, REQUEST_KEY, is_resumed
from accounts.text import instants
from accounts.text.free_text import require_readable, tidied
from accounts.text.secrets import holds_secret, pairs_without_secrets
from reference_tokens.models.lifetime import expiry_in_days, require_allowed_expiry
from reference_tokens.pages.issuing.expiry_choices import CUSTOM, NEVER, PRESET_DAYS
from trusted_apps.models import APPLICATION_URI_PATTERN
from trusted_apps.scopes import SCOPE_TOKEN_PATTERN

if TYPE_CHECKING:
    from django.http import QueryDict

    from accounts.http import SignedInRequest
    from trusted_apps.models import TrustedApplication

TEXTS = ("description", "application", "expires", "expires_at")
CARRIED = ("description", "expires", "expires_at", "scopes")
# In a form that chooses an application: the chosen one, and that what is carried on has come from a link.
CHOICE, LINKED = "choice", "linked"
LONGEST_DESCRIPTION = 200
# The form repeats no more than this of a value that was left out: a link must not put a letter into it.
LONGEST_REPEATED = 64
MOST_SCOPES_REPEATED = 10
# What a browser sends of a field of a date and a time, and takes in it.
FORMAT_OF_INSTANT = "%Y-%m-%dT%H:%M"


@dataclass(slots=True)
class Prefill:
    """What an address fills in, by the fields of the form; and what a link asked for in vain, in sentences."""

    values: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    # The person who sees the form typed them, before they confirmed who they are.
    is_typed: bool = False

    @property
    def notes(self) -> list[str]:
        """What the form says of it; nothing where no link filled it in."""
        if self.is_typed or not (self.values or self.left_out):
            return []
        return [_("This form was filled in from a link. Check it before you generate the token."), *self.left_out]


Prefiller = Callable[["TrustedApplication | None", datetime], Prefill]


def prefiller_of(request: SignedInRequest) -> Prefiller:
    """How the address of the form fills it in, once it is known for which application and when."""
    if not is_resumed(request):
        return partial(prefill_from_link, request.GET)
    if CHOICE in request.GET:
        return prefiller_of_choice(request.GET)
    return lambda _application, _now: Prefill(values_typed_here(request.GET), is_typed=True)


def fields_to_carry(request: SignedInRequest) -> list[tuple[str, str]]:
    """What the form is to be filled in with once an application is chosen: from a link, or typed before."""
    query = request.POST if request.method == "POST" else request.GET
    pairs = ((name, value) for name in CARRIED for value in query.getlist(name) if value)
    carried = pairs_without_secrets(pairs)
    is_from_link = LINKED in query or not (request.method == "POST" or is_resumed(request))
    return [*carried, (LINKED, "1")] if carried and is_from_link else carried


def prefiller_of_choice(query: QueryDict) -> Prefiller:
    """How the form is filled in by what was carried on, once an application is chosen: as by the link it came from."""

    def prefiller(application: TrustedApplication | None, now: datetime) -> Prefill:
        prefill = prefill_from_link(query, application, now)
        # People who chose the application themselves need no note about it, nor about what they typed.
        prefill.is_typed = LINKED not in query
        return prefill

    return prefiller


def values_typed_here(query: QueryDict) -> dict[str, Any]:
    """The values that the person had typed into the form, with the key of the form whose token is to be replaced."""
    values: dict[str, Any] = {name: query.get(name, "") for name in TEXTS}
    if REPLACES in query:
        values |= {name: query.get(name, "") for name in (REPLACES, REQUEST_KEY)}
    return values | {"scopes": query.getlist("scopes")}


def prefill_from_link(query: QueryDict, application: TrustedApplication | None, now: datetime) -> Prefill:
    """What a link to the form asks for, as far as this application allows it; without one it is chosen first."""
    prefill = Prefill()
    description, named, expires, expires_at = (query.get(name, "") for name in TEXTS)
    if named:
        prefill_application(prefill, named, application)
    if application is None:
        return prefill
    if description:
        prefill_description(prefill, description)
    if expires or expires_at:
        prefill_expiry(prefill, expires_at if expires in {"", CUSTOM} else expires, application, now)
    prefill_scopes(prefill, query.getlist("scopes"), application)
    return prefill


def prefill_description(prefill: Prefill, text: str) -> None:
    """A description that can be seen and kept."""
    text = tidied(text)
    try:
        require_readable(text)
    except ValidationError as refused:
        why = _("The description in the link contains invisible characters and was ignored.")
        if refused.code != "invisible_characters":
            why = _("The description in the link was ignored: %(why)s") % {"why": " ".join(refused.messages)}
        prefill.left_out.append(why)
        return
    if len(text) > LONGEST_DESCRIPTION:
        text_too_long = _("The description in the link has more than %(most)s characters and was ignored.")
        prefill.left_out.append(text_too_long % {"most": LONGEST_DESCRIPTION})
        return
    prefill.values["description"] = text


def prefill_application(prefill: Prefill, named: str, application: TrustedApplication | None) -> None:
    """The application named by its id or URI, if it may be chosen; the same words for any other, known or not."""
    if application and named.lower() in {str(application.pk), application.application_uri.lower()}:
        prefill.values["application"] = str(application.pk)
    elif repeatable(named, APPLICATION_URI_PATTERN):
        text = _("The application %(name)s in the link is not available to you and was ignored.")
        prefill.left_out.append(text % {"name": named})
    else:
        prefill.left_out.append(_("The application in the link is not available to you and was ignored."))


def prefill_expiry(prefill: Prefill, asked: str, application: TrustedApplication, now: datetime) -> None:
    """An expiration time that the application allows: a number of days, an instant, or "never"."""
    try:
        expires_at = None if asked == NEVER else expiry_instant(asked, now)
    except ValueError:
        prefill.left_out.append(_("The expiration time in the link is not valid and was ignored."))
        return
    if why := expiry_refusal(application, expires_at, now):
        prefill.left_out.append(_("The expiration time in the link was ignored: %(why)s") % {"why": why})
    elif asked == NEVER or asked in map(str, PRESET_DAYS):
        prefill.values["expires"] = asked
    else:
        prefill.values |= {"expires": CUSTOM, "expires_at": f"{expires_at:{FORMAT_OF_INSTANT}}"}


def expiry_refusal(application: TrustedApplication, expires_at: datetime | None, now: datetime) -> str:
    """Why the application does not allow the expiration time; empty where it does."""
    try:
        require_allowed_expiry(application, expires_at, now)
    except ValidationError as refused:
        return " ".join(refused.messages)
    return ""


def expiry_instant(text: str, now: datetime) -> datetime:
    """The instant that a number of days or an ISO 8601 time means, in UTC where it names no offset.

    Raises `ValueError` for a text that is neither.
    """
    if re.fullmatch(r"[0-9]{1,5}", text):
        return expiry_in_days(int(text), now)
    # A plus sign that was not encoded arrives as a space.
    return instants.parse_instant(text.replace(" ", "+") if "T" in text else text)


def prefill_scopes(prefill: Prefill, asked: list[str], application: TrustedApplication) -> None:
    """The scopes that the application offers."""
    offered = set(application.scopes)
    names = list(dict.fromkeys(name for text in asked for part in text.split() for name in names_in(part, offered)))
    if found := [name for name in names if name in offered]:
        prefill.values["scopes"] = found
    refused = [name for name in names if name not in offered]
    if not refused:
        return
    repeated = [name for name in refused[:MOST_SCOPES_REPEATED] if repeatable(name, SCOPE_TOKEN_PATTERN)]
    if not repeated:
        prefill.left_out.append(_("The scopes in the link are not available and were ignored."))
        return
    text = ngettext(
        "The scope %(scopes)s in the link was ignored: %(application)s does not offer it.",
        "The scopes %(scopes)s in the link were ignored: %(application)s does not offer them.",
        len(repeated),
    )
    prefill.left_out.append(text % {"scopes": ", ".join(repeated), "application": application.name})


def names_in(text: str, offered: set[str]) -> list[str]:
    """The scopes in a text without spaces: one name, or several with commas between them, which a name may hold."""
    return [text] if text in offered else [name for name in text.split(",") if name]


def repeatable(text: str, pattern: str) -> bool:
    """Whether a value that was left out may be repeated on the form."""
    return len(text) <= LONGEST_REPEATED and re.match(pattern, text) is not None and not holds_secret(text)
