"""Keeping tokens out of the searches that stand in an address, which histories and other people's logs keep (T37)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from accounts.http import SignedInRequest
from accounts.text.secrets import pairs_without_secrets

Extra = ParamSpec("Extra")
View = Callable[Concatenate[SignedInRequest, Extra], HttpResponse]
# More digits than a hint shows: somebody has pasted a token, or most of one. Browsers do not send what does not fit.
WITHOUT_TOKEN = r"(?!.*(enrt_[0-9A-Fa-f]{5}|[0-9A-Fa-f]{32})).*"  # noqa: S105 - a pattern


def holds_token(text: str) -> bool:
    """Whether somebody has pasted a token, or most of one."""
    return re.fullmatch(WITHOUT_TOKEN, text, re.DOTALL) is None


def without_token_in_search(view: View[Extra]) -> View[Extra]:
    """Leads to the same address without what holds a token or a secret, and says why."""

    @wraps(view)
    def answer(request: SignedInRequest, /, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponse:
        given = [(name, value) for name, values in request.GET.lists() for value in values]
        kept = [(name, value) for name, value in pairs_without_secrets(given) if name != "q" or not holds_token(value)]
        if kept == given:
            return view(request, *args, **kwargs)
        text = _(
            "Tokens cannot be searched by their value, which must not be in an address. Search for the hint, or paste "
            "the token in Check a token."
        )
        messages.warning(request, text)
        return HttpResponseRedirect(f"{request.path}?{urlencode(kept)}" if kept else request.path)

    return answer
