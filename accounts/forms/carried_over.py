"""What somebody typed, carried over in an address while they confirm who they are.

The address is signed for them: so a form knows it from a link that somebody else made up, which may fill it in too.
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
from accounts.text.secrets import without_secrets

if TYPE_CHECKING:
    from accounts.http import HtmxRequest, SignedInRequest
    from accounts.models import User

SIGNATURE = "typed"
# A query that is longer is packed: the address that carries it in its own query, encoded once more, must stay within
# the 8 KB that servers and proxies take.
PACKED, LONGEST_QUERY = "packed", 1_000
# Names the form that was sent: another one is shown, unless it is to replace what that form issued.
REQUEST_KEY, REPLACES = "request_key", "replaces"
# What a browser answers when it is asked for a passkey is no secret, but long, and good for one question only.
SECRET = re.compile("password|code|secret|credential")


def address_with_typed(request: HtmxRequest) -> str:
    """The address of a form that was sent, with what was typed in its query; never a password, a code or a token."""
    path = urlsplit(request.path).path
    left_out = {"csrfmiddlewaretoken", PACKED} | (set() if REPLACES in request.POST else {REQUEST_KEY})
    typed = without_secrets(
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


def was_typed_here(request: SignedInRequest) -> bool:
    """Whether the query is what this person had typed into this form, and no link of anybody's."""
    query, _name, signed = request.META["QUERY_STRING"].rpartition(f"&{SIGNATURE}=")
    return constant_time_compare(signed, signature(request.user, request.path, query))


def unpack(request: SignedInRequest) -> None:
    """Give the request what was packed into its query; a link of anybody's stays as it is."""
    if PACKED in request.GET and was_typed_here(request):
        request.GET = QueryDict(zlib.decompress(urlsafe_b64decode(request.GET[PACKED])))


def typed_into(request: SignedInRequest, form: type[forms.Form | forms.ModelForm[Any]]) -> dict[str, Any]:
    """What the person had typed into the form, as its first values; a box that was left empty is no.

    Nothing else fills in these forms: a link must not prepare what somebody then saves.
    """
    if not was_typed_here(request):
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
    """What only this service can say of an address, for one person."""
    return Signer(sep=".", salt="accounts.carried_over").signature(f"{user.pk} {path}?{query}")
