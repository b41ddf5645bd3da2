"""The questions before a user is deactivated, reactivated or deleted (TOK-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from accounts.forms.resumed_form import resumed_values
from accounts.http import SignedInRequest
from accounts.models import User
from accounts.text.shortened_lists import MOST_NAMED, shortened_list
from instance_manager.addresses import user_url
from instance_manager.fingerprinted_questions import fingerprint_context
from instance_manager.pages import MANAGE
from instance_manager.users.forms import DeactivationForm
from instance_manager.users.handing_over import hand_over_note
from reference_tokens.lifecycle.offboarding import acting_tokens_fingerprint, live_tokens_by_application

if TYPE_CHECKING:
    from datetime import datetime

# The question before somebody goes: it also says what they still run.
QUESTION = "instance_manager/partials/leaving_question.html"

# What happens to the tokens that act as a user; the number for each application stands below.
TOKENS_STOP = ngettext_lazy(
    "%(count)d access token stops working at once:",
    "%(count)d access tokens stop working at once:",
    "count",
)
TOKENS_WORK_AGAIN = ngettext_lazy(
    "%(count)d access token was not revoked and is active again at once:",
    "%(count)d access tokens were not revoked and are active again at once:",
    "count",
)
TOKENS_ARE_REVOKED = ngettext_lazy(
    "%(count)d access token is revoked, and what uses it fails at once:",
    "%(count)d access tokens are revoked, and what uses them fails at once:",
    "count",
)


def ask_to_deactivate(
    request: SignedInRequest, user: User, now: datetime, *, shown: str | None = None, **context: Any
) -> HttpResponse:
    """Ask before a user is deactivated, and say what stops; again if their tokens are not those that were `shown`."""
    seen, tokens = acting_tokens_fingerprint(user, now), live_tokens_by_application(user, now)
    form = DeactivationForm(request.POST or None, initial=resumed_values(request, DeactivationForm))
    return MANAGE.ask(
        request,
        QUESTION,
        heading=heading_for(request, user, _("Deactivate yourself?"), _("Deactivate %(name)s?")),
        hand_over=hand_over_note(user, now),
        lines=deactivation_lines(user, is_self=user == request.user),
        counts_text=counts_text(TOKENS_STOP, tokens),
        counts=largest_counts(tokens),
        form=form if tokens and user.is_person else None,
        submit_label=_("Deactivate"),
        keep_label=_("Keep active"),
        is_dangerous=True,
        cancel_url=user_url(user.pk),
        **fingerprint_context(seen, shown, other_tokens_text()) | context,
    )


def deactivation_lines(user: User, *, is_self: bool) -> list[str]:
    """The effects of a deactivation."""
    if is_self:
        return [_("You are signed out at once, and only another administrator can reactivate you.")]
    if user.is_person:
        return [
            _("They are signed out at once and cannot sign in."),
            _("Service access tokens that they created keep working, because they act as the System User."),
        ]
    return [using_applications_line(user), _("Tokens that act as it are not valid until it is reactivated.")]


def using_applications_line(user: User) -> str:
    """The applications that use a System User, in a sentence."""
    applications = user.applications.order_by("name")
    names = list(applications.values_list("name", flat=True)[:MOST_NAMED])
    if not names:
        return _("No application uses this System User.")
    named = shortened_list(names, applications.count())
    return _("These applications use this System User: %(names)s.") % {"names": named}


def ask_to_reactivate(request: SignedInRequest, user: User, now: datetime, *, shown: str | None = None) -> HttpResponse:
    """Ask before a user is reactivated, and say what works again; again if their tokens are not those `shown`."""
    seen, tokens = acting_tokens_fingerprint(user, now), live_tokens_by_application(user, now)
    return MANAGE.ask(
        request,
        heading=_("Reactivate %(name)s?") % {"name": user.name_beside_others},
        lines=[reactivation_line(user)],
        counts_text=counts_text(TOKENS_WORK_AGAIN, tokens),
        counts=largest_counts(tokens),
        submit_label=_("Reactivate"),
        keep_label=_("Keep inactive"),
        cancel_url=user_url(user.pk),
        **fingerprint_context(seen, shown, other_tokens_text()),
    )


def reactivation_line(user: User) -> str:
    """The effect of a reactivation."""
    if user.is_person:
        return _("They can sign in again, with their previous rights.")
    return using_applications_line(user)


def ask_to_delete(
    request: SignedInRequest, user: User, now: datetime, *, shown: str | None = None, **context: Any
) -> HttpResponse:
    """Ask before a person is deleted, and say what remains; again if their tokens are not those that were `shown`."""
    seen, tokens = acting_tokens_fingerprint(user, now), live_tokens_by_application(user, now)
    return MANAGE.ask(
        request,
        QUESTION,
        heading=heading_for(request, user, _("Delete yourself?"), _("Delete %(name)s?")),
        hand_over=hand_over_note(user, now),
        lines=[
            _("Name, e-mail address, password, second factors and sessions are deleted. This cannot be undone."),
            _("Their actions stay in the audit log under an id. The user name is never reused."),
        ],
        counts_text=counts_text(TOKENS_ARE_REVOKED, tokens),
        counts=largest_counts(tokens),
        submit_label=_("Delete user"),
        keep_label=_("Keep user"),
        is_dangerous=True,
        cancel_url=user_url(user.pk),
        **fingerprint_context(seen, shown, other_tokens_text()) | context,
    )


def heading_for(request: SignedInRequest, user: User, for_self: str, for_others: str) -> str:
    """The question about oneself or about somebody else."""
    return for_self if user == request.user else for_others % {"name": user.name_beside_others}


def other_tokens_text() -> str:
    """The error if the tokens that act as the user are not those that were shown."""
    return _("Nothing was done: the access tokens of this user have changed.")


def counts_text(text: Any, tokens: list[tuple[str, int]]) -> str:
    """The sentence about so many tokens; empty if there are none."""
    return str(text % {"count": sum(number for _name, number in tokens)}) if tokens else ""


def largest_counts(tokens: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The applications with the most tokens, and all others together."""
    rest = sum(number for _name, number in tokens[MOST_NAMED:])
    return [*tokens[:MOST_NAMED], (_("Other applications"), rest)] if rest else tokens
