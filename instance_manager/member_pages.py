"""Pages of what belongs to something, however much that is: a list with a search, adding to it and taking out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.forms.choosing import ChoosingForm, status_of
from instance_manager.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from instance_manager.searchable_lists import SearchableList


def member_page(
    request: SignedInRequest,
    listed: SearchableList,
    rows: Iterable[dict[str, Any]],
    form: ChoosingForm,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The page of a set; `rows` are {name, hint, url, remove_url}, and `context` says what they are."""
    shown = {**listed.context, "rows": list(rows), "form": form, "add_url": f"{context['url']}add/"}
    return page(request, "instance_manager/members.html", shown | context, status=status_of(form, status))
