"""The page on which a token is checked (VAL-6)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.forms.choosing import status_of
from accounts.forms.submission import sent
from accounts.limits.rates import count_attempt
from reference_tokens.pages.checking.answer import answer_in_words
from reference_tokens.pages.checking.form import CheckForm, ServerField
from reference_tokens.pages.checking.reasons import Reader
from reference_tokens.pages.details import with_everything
from reference_tokens.pages.token_site import CHOSEN
from reference_tokens.validation.checking import CHECKS, Outcome, Question, check, record_check
from reference_tokens.validation.decision import Inactive

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.http import SignedInRequest
    from reference_tokens.models import ReferenceToken
    from reference_tokens.pages.token_site import TokenSite


@sensitive_variables("form", "context", "question")
def ask_or_check(
    request: SignedInRequest, pages: TokenSite, server_field: ServerField, *, is_administrator: bool
) -> HttpResponse:
    """Ask which token is to be checked and through which door, and say what that door would answer."""
    token = chosen_token(request, pages)
    form = CheckForm(sent(request), server=server_field, asks_value=token is None)
    context: dict[str, Any] = {"form": form, "token": token, "page_url": reverse(pages.check)}
    if token:
        context |= {"submit_url": pages.check_url(token), "token_url": reverse(pages.links.detail, args=[token.pk])}
    if form.is_valid():
        count_attempt(request, CHECKS, str(request.user.pk))
        chosen, server = token.pk if token else None, form.cleaned_data["server"]
        question, now = Question(form.cleaned_data.get("secret", ""), chosen, server), timezone.now()
        not_found = Inactive.UNKNOWN if is_administrator else Outcome.NOT_OWN
        checked = check(with_everything(pages.tokens(request)), question, now, not_found=not_found)
        if is_administrator:
            record_check(pages.actor(request), checked, now)
        reader = Reader(pages.links, is_administrator=is_administrator)
        context["answer"] = answer_in_words(checked, question.value, reader, now)
    return pages.site.page(request, "token_check.html", context, status=status_of(form, 422) if form.errors else 200)


def chosen_token(request: SignedInRequest, pages: TokenSite) -> ReferenceToken | None:
    """The token of the site that the address names; 404 where it names one that there is not."""
    if CHOSEN not in request.GET:
        return None
    try:
        token_id = uuid.UUID(request.GET[CHOSEN])
    except ValueError:
        raise Http404 from None
    return get_object_or_404(with_everything(pages.tokens(request)), pk=token_id)
