"""What a site brings to the pages about tokens that both sites have: whose tokens, through which door, and the list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.http import actor_of
from accounts.pages.site import Section
from reference_tokens.lists.links import link
from reference_tokens.lists.rows import token_row

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.http import HttpResponse

    from accounts.audit.record import Actor, Source
    from accounts.http import SignedInRequest
    from accounts.pages.site import Site
    from reference_tokens.lists.links import TokenLinks
    from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet

# In the address of a question: where it was asked.
BACK, DETAILS = "back", "details"
# In the address of a check: the id of the token that was chosen.
CHOSEN = "token"


@dataclass(frozen=True, slots=True)
class TokenSite:
    """The tokens of a site: what its views hand to the shared ones."""

    site: Site
    source: Source
    links: TokenLinks
    # Ownership is part of the query: people find these tokens, and for them there are no others.
    tokens: Callable[[SignedInRequest], ReferenceTokenQuerySet]
    # The page with the list of tokens like this one,
    list_url: Callable[[ReferenceToken], str]
    # and what that list, or the one behind the dialog, holds now; nothing hides a new token.
    list_context: Callable[[SignedInRequest, ReferenceToken, datetime, uuid.UUID | None], dict[str, Any]]
    # The name of the page that checks a token.
    check: str

    def token_or_404(self, request: SignedInRequest, token_id: uuid.UUID, **condition: Any) -> ReferenceToken:
        """One of the site's tokens, with all that a dialog shows of it."""
        return get_object_or_404(with_its_dialogs(self.tokens(request).filter(**condition)), pk=token_id)

    def actor(self, request: SignedInRequest) -> Actor:
        """Who acts, as the audit log has it."""
        return actor_of(request, self.source)

    def urls(self, request: SignedInRequest, token: ReferenceToken) -> dict[str, str]:
        """Where a question about a token is sent, and where it leads back to: the list, or the token's page."""
        if request.GET.get(BACK) != DETAILS:
            return {"submit_url": request.path, "cancel_url": self.list_url(token)}
        return {"submit_url": asked_on_its_page(request.path), "cancel_url": link(self.links.detail, token.pk)}

    def check_url(self, token: ReferenceToken) -> str:
        """The page that checks this token."""
        return f"{reverse(self.check)}?{CHOSEN}={token.pk}"

    def section(
        self, request: SignedInRequest, token: ReferenceToken, now: datetime, new_id: uuid.UUID | None = None
    ) -> Section:
        """The list behind a dialog about the token."""
        return Section("partials/token_list.html", partial(self.list_context, request, token, now, new_id))

    def ask(
        self,
        request: SignedInRequest,
        token: ReferenceToken,
        now: datetime,
        *,
        partial_name: str = "partials/token_question.html",
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        """Ask before something is done to a token."""
        shown = {"token": token_row(token, now), **self.urls(request, token), **context}
        return self.site.part(request, partial_name, shown, title=shown["submit_label"], status=status)

    def tell(self, request: SignedInRequest, token: ReferenceToken, now: datetime, text: str) -> HttpResponse:
        """Say what was done to a token: beside the list, or on its own page where it was asked there."""
        url = self.urls(request, token)["cancel_url"]
        section = self.section(request, token, now) if url == self.list_url(token) else None
        return self.site.tell(request, text, url=url, section=section)


def asked_on_its_page(url: str) -> str:
    """The address of a question that is asked on the page of the token, and leads back there."""
    return f"{url}?{BACK}={DETAILS}"


def with_its_dialogs(tokens: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
    """The tokens with all that the dialogs show of one."""
    return tokens.select_related("application__system_user", "holder", "use__last_used_server", "replaced_by")
