"""Resuming a form after a confirmation: what somebody typed waits in the address that they come back to.

The address is signed for this person. So a form tells it from a link that somebody else made up, which may fill in
the form too.
"""

from __future__ import annotations

import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.core.signing import Signer
from django.http import QueryDict
from django.utils.crypto import constant_time_compare

from accounts.forms.choosing import SEARCH, Chooser
from accounts.text.secrets import pairs_without_secrets

if TYPE_CHECKING:
    from accounts.http import HtmxRequest, SignedInRequest
    from accounts.models import User

SIGNATURE = "typed"
# A longer query is packed: another address carries it, encoded once more, and must stay within the 8 KB that servers
# and proxies take.
PACKED, LONGEST_QUERY = "packed", 1_000
# Names the form that was sent: another one is shown, unless it is to replace what that form issued.
REQUEST_KEY, REPLACES = "request_key", "replaces"
# A browser's answer with a passkey (`credential`) is no secret, but long, and good for one question only.
SECRET = re.compile("password|code|secret|credential")


def address_to_resume(request: HtmxRequest) -> str:
    """The address that resumes the form that was sent, with what was typed; but no password, code or token."""
    path = urlsplit(request.path).path
    left_out = {"csrfmiddlewaretoken", PACKED} | (set() if REPLACES in request.POST else {REQUEST_KEY})
    typed = pairs_without_secrets(
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in left_out and not SECRET.search(name)
    )
    if not typed:
        return path
    query = urlencode(typed)
    if not request.user.is_authenticated:
        return f"{path}?{query}"
    if len(query) > LONGEST_QUERY:
        query = urlencode({PACKED: urlsafe_b64encode(zlib.compress(query.encode("ascii"), 9)).decode("ascii")})
    return f"{path}?{query}&{SIGNATURE}={signature(request.user, path, query)}"


def is_resumed(request: SignedInRequest) -> bool:
    """Whether this request resumes a form: the query is what this person typed into it, and no made-up link."""
    query, _name, signed = request.META["QUERY_STRING"].rpartition(f"&{SIGNATURE}=")
    return constant_time_compare(signed, signature(request.user, request.path, query))


def unpack_resumed(request: SignedInRequest) -> None:
    """Put the values of a packed query into the request; a made-up link stays as it is."""
    if PACKED in request.GET and is_resumed(request):
        request.GET = QueryDict(zlib.decompress(urlsafe_b64decode(request.GET[PACKED])))


def resumed_values(request: SignedInRequest, form: type[forms.Form | forms.ModelForm[Any]]) -> dict[str, Any]:
    """What the person had typed, as the initial values of the form; a box that was left empty counts as no.

    Nothing else fills in these forms: a link must not prepare what somebody then saves.
    """
    if not is_resumed(request):
        return {}
    query, fields = request.GET, form.base_fields
    values: dict[str, Any] = {name: query[name] for name in fields if name in query}
    for name, field in fields.items():
        if isinstance(field, forms.BooleanField):
            values[name] = name in query
        elif isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
            values[name] = query.getlist(name)
        if isinstance(field.widget, Chooser):
            values[f"{name}{SEARCH}"] = query.get(f"{name}{SEARCH}", "")
    return values


def signature(user: User, path: str, query: str) -> str:
    """The signature of an address for one person."""
    return Signer(sep=".", salt="accounts.carried_over").signature(f"{user.pk} {path}?{query}")
