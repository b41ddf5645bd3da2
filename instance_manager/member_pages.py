"""The pages of a relation: its members in a list with a search, the form that adds some, and the removal of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.forms.resumed_form import resumed_values
from accounts.forms.submission import FormRefused, in_one_text, sent, submit
from instance_manager.pages import MANAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django import forms
    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from instance_manager.searchable_lists import SearchableList


def member_page(
    request: SignedInRequest,
    form: forms.Form,
    listed: SearchableList,
    members: Iterable[dict[str, Any]],
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The page of a relation; `members` are {name, hint, url, remove_url}, and `context` holds its words."""
    shown = listed.context | {"rows": list(members), "form": form} | context
    return MANAGE.page(request, "instance_manager/members.html", shown, status=status)


def member_addition(
    request: SignedInRequest,
    form_class: type[forms.Form],
    *,
    show: Callable[..., HttpResponse],
    add: Callable[..., str],
    url: str,
) -> HttpResponse:
    """Show the page with the form, or add what the form holds; `add` does so and returns the text to tell."""
    form = form_class(sent(request), initial=resumed_values(request, form_class))
    if request.method != "POST":
        return show(request, form)
    try:
        text = submit(form, add)
    except FormRefused as refused:
        return show(request, form, status=refused.status)
    return MANAGE.tell(request, text, url=url)


def member_removal(  # noqa: PLR0913 - the words of the question, and the act
    request: SignedInRequest,
    *,
    heading: str,
    consequence: str,
    keep_label: str,
    remove: Callable[[], str],
    url: str,
) -> HttpResponse:
    """Ask whether to remove a member, or do it; `remove` does so and returns the text to tell."""
    if request.method != "POST":
        return MANAGE.ask(
            request,
            heading=heading,
            lines=[consequence],
            submit_label=_("Remove"),
            keep_label=keep_label,
            is_dangerous=True,
            cancel_url=url,
        )
    try:
        text = remove()
    except ValidationError as refused:
        return MANAGE.tell(request, in_one_text(refused), url=url, tone="bad")
    return MANAGE.tell(request, text, url=url)
