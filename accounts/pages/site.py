"""How the views of a site answer: with a page, with a part of one, with a question, or by saying what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.debug import sensitive_variables

from accounts.http import moved_to, wants_partial

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse
    from django.utils.functional import Promise

    from accounts.http import SignedInRequest

# How an outcome is coloured, and the level of the message that carries it to the next page.
LEVELS = {"ok": messages.SUCCESS, "warn": messages.WARNING, "bad": messages.ERROR, "": messages.INFO}


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a page that changes with what is done in the dialog over it.

    The partial is swapped as a whole, so it takes `oob`. Its context is read only where the section is shown.
    """

    partial: str
    context: Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Site:
    """A site of the service: its pages share a name and a navigation.

    Every answer says to caches that it depends on whether htmx asks.
    """

    name: str
    label: Promise
    navigation: Callable[[str], list[dict[str, Any]]]

    @sensitive_variables("context")
    def page(
        self, request: SignedInRequest, template: str, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        """A page of the site."""
        frame = {"site": self.name, "site_name": self.label, "nav": self.navigation(request.path)}
        return rendered(request, template, frame | context, status)

    @sensitive_variables("context", "framed", "beside")
    def part(  # noqa: PLR0913 - what is shown, and how it stands on a page of its own
        self,
        request: SignedInRequest,
        partial: str,
        context: dict[str, Any],
        *,
        title: str = "",
        section: Section | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """A partial: alone where htmx asks for it, together with the section behind it; else on a page of its own.

        The page is called by the title, or else by the heading that the partial shows.
        """
        if not wants_partial(request):
            framed = context | {"body": partial, "page_title": title}
            return self.page(request, "part.html", framed, status=status)
        if section is None:
            return rendered(request, partial, context, status)
        beside = section.context() | context | {"body": partial, "section": section.partial}
        return rendered(request, "partials/with_section.html", beside, status)

    @sensitive_variables("context", "shown")
    def form(  # noqa: PLR0913 - what a page says around the fields of a form
        self,
        request: SignedInRequest,
        form: forms.BaseForm,
        *,
        heading: str,
        submit_label: str,
        back_url: str = "",
        back_label: str = "",
        template: str = "form.html",
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        """A form on a page of its own, which leads back where it came from."""
        shown = {
            "form": form,
            "heading": heading,
            "back_url": back_url,
            "back_label": back_label,
            "submit_url": request.path,
            "cancel_url": back_url,
            "submit_label": submit_label,
        }
        return self.page(request, template, shown | context, status=status)

    def ask(
        self,
        request: SignedInRequest,
        partial: str = "partials/question.html",
        *,
        title: str = "",
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        """Ask before something is done. The answer comes back to this address as a POST."""
        return self.part(request, partial, {"submit_url": request.path} | context, title=title, status=status)

    def tell(
        self, request: SignedInRequest, text: str, *, url: str, section: Section | None = None, tone: str = "ok"
    ) -> HttpResponse:
        """Say what was done: beside the section that it changed, which closes the dialog; else on the page at `url`."""
        if section and wants_partial(request):
            context = section.context() | {"section": section.partial, "toast": text, "tone": tone}
            return rendered(request, "partials/with_section.html", context, 200)
        messages.add_message(request, LEVELS[tone], text)
        return moved_to(request, url)


@sensitive_variables("context")
def rendered(request: SignedInRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    """The answer of a template, which asks whether the request came from htmx."""
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
