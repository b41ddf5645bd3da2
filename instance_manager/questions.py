"""Asking an administrator before something is done to a user or a group, and saying that it was done."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect

from accounts.forms.fingerprints import change_in_count
from accounts.http import SignedInRequest, wants_partial
from accounts.models import User
from instance_manager.pages import page

# The field of a form that says what was shown of the many that it acts on.
SEEN = "seen"


def question(
    request: SignedInRequest, *, body: str = "partials/question.html", status: int = 200, **context: Any
) -> HttpResponse:
    """Ask, in the dialog or on a page of its own."""
    template = body if wants_partial(request) else "instance_manager/question.html"
    return page(request, template, {"submit_url": request.path, "body": body} | context, status=status)


def as_shown(seen: str, shown: str | None, changed: str) -> dict[str, Any]:
    """What a question about many carries to its answer; where something else was `shown` before, that, and 409."""
    if shown is None:
        return {"seen": seen}
    return {"seen": seen, "error": changed + change_in_count(shown, seen), "status": HTTPStatus.CONFLICT}


def done(request: SignedInRequest, url: str, text: str, *, ended: User | None = None) -> HttpResponse:
    """Say what was done, on the page where it is seen; so much of it changes that it is loaded anew.

    `ended` is whose sessions have ended: where it is this one, the page that follows asks to sign in.
    """
    if ended == request.user:
        logout(request)
    messages.success(request, text)
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)
