"""What an administrator is asked before they deactivate, reactivate or delete a user (TOK-11)."""

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
from instance_manager.questions import as_shown, question
from instance_manager.users.forms import DeactivationForm
from reference_tokens.lifecycle.offboarding import acting_tokens_fingerprint, live_tokens_by_application

if TYPE_CHECKING:
    from datetime import datetime

# What becomes of the tokens that act as a user, above how many there are for each application.
THAT_STOP = ngettext_lazy(
    "%(count)d access token stops working at once:",
    "%(count)d access tokens stop working at once:",
    "count",
)

THAT_COME_BACK = ngettext_lazy(
    "%(count)d access token was not revoked and is good again at once:",
    "%(count)d access tokens were not revoked and are good again at once:",
    "count",
)

THAT_ARE_REVOKED = ngettext_lazy(
    "%(count)d access token is revoked, and what uses it fails at once:",
    "%(count)d access tokens are revoked, and what uses them fails at once:",
    "count",
)


def deactivation_question(
    request: SignedInRequest, user: User, now: datetime, *, shown: str | None = None, **context: Any
) -> HttpResponse:
    """Ask before a user is deactivated, and say what stops; anew where it is not what was shown."""
    seen, tokens = acting_tokens_fingerprint(user, now), live_tokens_by_application(user, now)
    form = DeactivationForm(request.POST or None, initial=resumed_values(request, DeactivationForm))
    return question(
        request,
        heading=heading_for(request, user, _("Deactivate yourself?"), _("Deactivate %(name)s?")),
        lines=what_stops(user, is_self=user == request.user),
        counts_text=number_of_tokens(THAT_STOP, tokens),
        counts=most_of(tokens),
        form=form if tokens and user.is_person else None,
        submit_label=_("Deactivate"),
        keep_label=_("Keep active"),
        is_dangerous=True,
        cancel_url=user_url(user.pk),
        **as_shown(seen, shown, tokens_changed()) | context,
    )


def what_stops(user: User, *, is_self: bool) -> list[str]:
    """What ends with a user who is inactive."""
    if is_self:
        return [_("You are signed out at once, and come back only when another administrator reactivates you.")]
    if user.is_person:
        return [
            _("They are signed out at once and cannot sign in."),
            _("Service access tokens that they created keep working: those act as the System User."),
        ]
    return [used_by(user), _("Nothing that acts as it is good until it is reactivated.")]


def used_by(user: User) -> str:
    """Which applications use a System User."""
    applications = user.applications.order_by("name")
    names = list(applications.values_list("name", flat=True)[:MOST_NAMED])
    if not names:
        return _("No application uses this System User.")
    named = shortened_list(names, applications.count())
    return _("These applications use this System User: %(names)s.") % {"names": named}


def reactivation_question(
    request: SignedInRequest, user: User, now: datetime, *, shown: str | None = None
) -> HttpResponse:
    """Ask before a user is active again, and say what comes back; anew where it is not what was shown."""
    seen, tokens = acting_tokens_fingerprint(user, now), live_tokens_by_application(user, now)
    return question(
        request,
        heading=_("Reactivate %(name)s?") % {"name": user.name_beside_others},
        lines=[what_comes_back(user)],
        counts_text=number_of_tokens(THAT_COME_BACK, tokens),
        counts=most_of(tokens),
        submit_label=_("Reactivate"),
        keep_label=_("Keep inactive"),
        cancel_url=user_url(user.pk),
        **as_shown(seen, shown, tokens_changed()),
    )


def what_comes_back(user: User) -> str:
    """What begins again with a user who is active again."""
    if user.is_person:
        return _("They can sign in again, with the rights they had.")
    return used_by(user)


def deletion_question(
    request: SignedInRequest, user: User, now: datetime, *, shown: str | None = None, **context: Any
) -> HttpResponse:
    """Ask before a person is deleted, and say what is left; anew where they have other tokens than were shown."""
    seen, tokens = acting_tokens_fingerprint(user, now), live_tokens_by_application(user, now)
    return question(
        request,
        heading=heading_for(request, user, _("Delete yourself?"), _("Delete %(name)s?")),
        lines=[
            _("Name, e-mail address, password, second factors and sessions are deleted. This cannot be undone."),
            _("What they did stays in the audit log, under an id. The user name is never given to anybody again."),
        ],
        counts_text=number_of_tokens(THAT_ARE_REVOKED, tokens),
        counts=most_of(tokens),
        submit_label=_("Delete user"),
        keep_label=_("Keep user"),
        is_dangerous=True,
        cancel_url=user_url(user.pk),
        **as_shown(seen, shown, tokens_changed()) | context,
    )


def heading_for(request: SignedInRequest, user: User, for_self: str, for_others: str) -> str:
    """What is asked, of oneself or of somebody else."""
    return for_self if user == request.user else for_others % {"name": user.name_beside_others}


def tokens_changed() -> str:
    """What is said where other tokens act as a user than those that were shown."""
    return _("Nothing was done: other access tokens act as this user than when you were asked.")


def number_of_tokens(text: Any, tokens: list[tuple[str, int]]) -> str:
    """What happens to so many tokens; nothing where there are none."""
    return str(text % {"count": sum(number for _name, number in tokens)}) if tokens else ""


def most_of(tokens: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The applications with the most tokens, and all others as one."""
    rest = sum(number for _name, number in tokens[MOST_NAMED:])
    return [*tokens[:MOST_NAMED], (_("Other applications"), rest)] if rest else tokens
