"""The mails about tokens that were reported as leaked: to their owners, and to administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.addresses import address_of
from accounts.mails.message import Letter
from reference_tokens.notices.letter_parts import letter_about_past, token_facts

if TYPE_CHECKING:
    from reference_tokens.notices.letter_parts import NoticeContext


def leak_letter(context: NoticeContext) -> Letter:
    """To an owner: their tokens were seen where others can read them."""
    advice = _("Take it out of where it was seen, and create a new token where one is needed.")
    return letter_about_past(context, subject(context), [*paragraphs(context), advice])


def leak_letter_to_administrator(context: NoticeContext) -> Letter:
    """To an administrator: tokens of anybody were."""
    check = _("Check what they were used for since: their pages tell from where, and what was done with them.")
    if context.is_about_one:
        label, path = _("See the token"), address_of("token", context.token.pk)
    else:
        label, path = _("See exposed tokens"), address_of("tokens") + "?state=exposed"
    closing = [_("You receive this mail because you are an administrator of this instance.")]
    return Letter(
        subject(context),
        [*paragraphs(context), check],
        [*owner_of(context), *token_facts(context)],
        label,
        path,
        closing,
    )


def owner_of(context: NoticeContext) -> list[tuple[str, str]]:
    """Whose token it is, where the mail is about one of a person."""
    holder = context.token.holder
    return [(_("Owner"), holder.name_beside_others)] if holder and context.is_about_one else []


def subject(context: NoticeContext) -> str:
    """What happened, in a line."""
    if context.is_about_one:
        return _("“%(name)s” was reported as leaked") % {"name": context.name}
    text = ngettext(
        "%(count)d access token was reported as leaked",
        "%(count)d access tokens were reported as leaked",
        context.count,
    )
    return text % {"count": context.count}


def paragraphs(context: NoticeContext) -> list[str]:
    """When it was reported, where it was seen, and what was done about it."""
    report = context.token.leak_report
    assert report  # noqa: S101 - for the type checker: such a mail is about exposed tokens
    if context.is_about_one:
        text = _("A report of %(when)s says that others can read this access token.")
        done = _("It was revoked at once, unless it had ended before. What uses it fails from now on.")
    else:
        text = _("A report of %(when)s says that others can read these access tokens.")
        done = _("They were revoked at once, unless they had ended before. What uses them fails from now on.")
    seen = _("Seen at: %(place)s") % {"place": report.place} if report.place else _("It does not say where.")
    return [text % {"when": context.time(report.received_at)}, seen, done]
