"""The pages of the help, for everybody; with `HELP_SIGNED_OUT` turned off, for people who are signed in."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.addresses import address_of
from accounts.http import SignedInRequest
from accounts.pages.navigation import item
from accounts.pages.site import rendered
from accounts.sign_in.decorators import signed_in_required
from reference_tokens.lists.search import WITHOUT_TOKEN, without_token_in_search
from reference_tokens.pages.help.library import pages
from reference_tokens.pages.help.search import LONGEST, find

if TYPE_CHECKING:
    from accounts.sign_in.decorators import Extra, View

SITE = "help"
SITE_NAME = gettext_lazy("Help")


def for_readers(view: View[Extra]) -> View[Extra]:
    """For everybody, or for people who are signed in, as `HELP_SIGNED_OUT` says."""
    guarded = signed_in_required(view)

    @wraps(view)
    def answer(request: SignedInRequest, /, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponse:
        return (view if settings.HELP_SIGNED_OUT else guarded)(request, *args, **kwargs)

    return answer


@require_safe
@without_token_in_search
@for_readers
def contents(request: SignedInRequest) -> HttpResponse:
    """The pages of the help, and what the search finds in them."""
    asked = " ".join(request.GET.get("q", "")[:LONGEST].split())
    context = {"asked": asked, "found": find(asked, pages().values()), "pages": pages().values()}
    return show(request, "help/contents.html", context)


@require_safe
@for_readers
def page(request: SignedInRequest, slug: str) -> HttpResponse:
    """One page, with the way to the ones before and behind it."""
    shown = list(pages().values())
    at = next((at for at, each in enumerate(shown) if each.slug == slug), None)
    if at is None:
        raise Http404
    beside = {"previous": shown[at - 1] if at else None, "next": shown[at + 1] if at + 1 < len(shown) else None}
    return show(request, "help/page.html", {"page": shown[at], **beside})


def show(request: SignedInRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page of the help in its frame: the navigation leads through the help, and back to the sites."""
    frame = {"site": SITE, "site_name": SITE_NAME, "nav": navigation(request)}
    search = {"search_url": reverse("help"), "pattern": WITHOUT_TOKEN, "longest": LONGEST}
    return rendered(request, template, frame | search | context, 200)


def navigation(request: SignedInRequest) -> list[dict[str, Any]]:
    """The ways back, and the pages of the help; the current page is marked."""
    contents_url = reverse("help")
    contents_item = item(_("Contents"), contents_url, "list-details", is_current=request.path == contents_url)
    items = [item(each.title, each.url, is_current=request.path == each.url) for each in pages().values()]
    return [{"label": "", "items": ways_back(request)}, {"label": _("Help"), "items": [contents_item, *items]}]


def ways_back(request: SignedInRequest) -> list[dict[str, Any]]:
    """The start page of each site that the reader has; to who is signed out, the page to sign in."""
    if not request.user.is_authenticated:
        return [item(_("Sign in"), reverse("account_login"), "user-circle", is_current=False)]
    ways = [item(_("Tokens"), address_of("own tokens"), "key", is_current=False)]
    if request.user.is_administrator:
        ways.append(item(_("Instance Manager"), address_of("Instance Manager"), "switch-horizontal", is_current=False))
    return ways
