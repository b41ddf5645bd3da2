"""The text of each mail about tokens (TOK-15), written from the tokens as they are when it is sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.addresses import address_of
from accounts.mails.message import Letter
from accounts.text.languages import spoken
from reference_tokens.models import ReferenceToken
from reference_tokens.models.notices import Notice
from reference_tokens.notices.due import (
    in_step,
    is_unused_since_its_warning,
    suspension_due_at,
    unused_period,
    usable,
)
from reference_tokens.notices.leak_letters import leak_letter, leak_letter_to_administrator
from reference_tokens.notices.letter_parts import (
    LISTED,
    NoticeContext,
    action_link,
    administrators_to_ask,
    letter_about_past,
    name_of_actor,
    reason_sentence,
    token_facts,
    why_mailed,
)

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceTokenQuerySet

Kind = Notice.Kind
DAY = timedelta(days=1)


def letter_of(notice: Notice, now: datetime) -> Letter | None:
    """The mail of a notice, in its recipient's language; None where it cannot reach them or is no longer true."""
    recipient = notice.recipient
    if not (recipient.is_active and recipient.email) or recipient.deleted_at:
        return None
    still = still_concerned(notice, now)
    tokens = first_of(still)
    if not tokens:
        return None
    count = still.count() if len(tokens) == LISTED else len(tokens)
    context = NoticeContext(recipient, tokens, count, now)
    with translation.override(spoken(recipient.language)):
        return WRITERS[Kind(notice.kind)](context)


def first_of(tokens: ReferenceTokenQuerySet) -> list[ReferenceToken]:
    """The oldest of the tokens, with all that a mail says of them.

    They are found by themselves first: of a hundred thousand, PostgreSQL would read for each what is said of fifty.
    """
    order = ("issued_at", "pk")
    found = list(tokens.order_by(*order).values_list("pk", flat=True)[:LISTED])
    related = ("application__system_user", "holder", "revoked_by", "suspended_by", "replaces", "use", "leak_report")
    return list(ReferenceToken.objects.filter(pk__in=found).select_related(*related).order_by(*order))


def still_concerned(notice: Notice, now: datetime) -> ReferenceTokenQuerySet:
    """The tokens of a notice for which it is still true."""
    named = ReferenceToken.objects.filter(notices=notice)
    if notice.kind == Kind.EXPIRY:
        return named.filter(usable(now), in_step(notice.step or 0, now))
    if notice.kind == Kind.UNUSED:
        return named.filter(usable(now), is_unused_since_its_warning()) if unused_period() else named.none()
    if notice.kind == Kind.SUSPENSION:
        return named.in_state(ReferenceToken.State.SUSPENDED, now)
    return named


def expiry_letter(context: NoticeContext) -> Letter:
    """The token expires soon and can be rotated."""
    expires_at = context.token.expires_at or context.now
    days = ceil((expires_at - context.now) / DAY)
    subject = ngettext("“%(name)s” expires in %(count)d day", "“%(name)s” expires in %(count)d days", days)
    label, path, ask = action_link(
        _("Rotate token"),
        context,
        own=address_of("rotate own token", context.token.pk),
        anybodys=address_of("rotate token", context.token.pk),
    )
    text = _("Programs that use this access token fail after it expires.")
    rotate = _(
        "If it is still needed, rotate it in time. The new value has the same rights, and the old value "
        "keeps working for a while."
    )
    subject %= {"name": context.name, "count": days}
    paragraphs = [text, rotate, *([] if path else [ask])]
    return Letter(subject, paragraphs, token_facts(context), label, path, why_mailed(context))


def revocation_letter(context: NoticeContext) -> Letter:
    """Somebody revoked the tokens."""
    token = context.token
    told = {
        "name": context.name,
        "count": context.count,
        "who": name_of_actor(token.revoked_by, token.revocation_source),
        "when": context.time(token.revoked_at or context.now),
    }
    if context.is_about_one:
        subject, text = _("“%(name)s” was revoked"), _("%(who)s revoked this access token on %(when)s.")
    else:
        subject, text = _("%(count)d access tokens were revoked"), _("%(who)s revoked these access tokens on %(when)s.")
    consequence = _("What uses it fails from now on. This cannot be undone.")
    return letter_about_past(context, subject % told, [text % told, reason_sentence(token.why_revoked), consequence])


def suspension_letter(context: NoticeContext) -> Letter:
    """Somebody, or the service, suspended the tokens."""
    token = context.token
    told = {
        "name": context.name,
        "count": context.count,
        "who": name_of_actor(token.suspended_by, token.suspension_source),
        "when": context.time(token.suspended_at or context.now),
        "names": administrators_to_ask(token),
    }
    if context.is_about_one:
        subject, text = _("“%(name)s” was suspended"), _("%(who)s suspended this access token on %(when)s.")
    else:
        subject = _("%(count)d access tokens were suspended")
        text = _("%(who)s suspended these access tokens on %(when)s.")
    consequence = _("What uses it fails until an administrator resumes it. You can ask %(names)s.")
    paragraphs = [text % told, reason_sentence(token.why_suspended), consequence % told]
    return letter_about_past(context, subject % told, paragraphs)


def rotation_letter(context: NoticeContext) -> Letter:
    """The token rotated itself; a thief may have done that."""
    label, path, ask = action_link(
        _("Revoke token"),
        context,
        own=address_of("revoke own token", context.token.pk),
        anybodys=address_of("revoke token", context.token.pk),
    )
    text = _("A program with this access token requested a new value, as its application allows.")
    warning = _("If it was not one of your programs, revoke the new token at once.")
    subject = _("“%(name)s” rotated itself") % {"name": context.name}
    paragraphs = [text, warning, *([] if path else [ask])]
    return Letter(subject, paragraphs, token_facts(context), label, path, why_mailed(context))


def unused_letter(context: NoticeContext) -> Letter:
    """Nobody uses the tokens, and they will be suspended."""
    told = {
        "name": context.name,
        "count": context.count,
        "days": unused_period().days,
        "when": context.time(min(suspension_due_at(token) for token in context.tokens)),
    }
    if context.is_about_one:
        subject = _("“%(name)s” is not used and will be suspended")
        text = _(
            "This access token has not been used for a long time. It will be suspended on %(when)s if it stays unused."
        )
    else:
        subject = _("%(count)d access tokens are not used and will be suspended")
        text = _("These access tokens will be suspended, the first on %(when)s, if they stay unused.")
    rule = ngettext(
        "A token that is not used for %(days)d day is suspended; an administrator can resume it.",
        "A token that is not used for %(days)d days is suspended; an administrator can resume it.",
        unused_period().days,
    )
    advice = _("If it is needed, use it once before then. Otherwise revoke it.")
    return letter_about_past(context, subject % told, [text % told, rule % told, advice])


WRITERS = {
    Kind.EXPIRY: expiry_letter,
    Kind.REVOCATION: revocation_letter,
    Kind.SUSPENSION: suspension_letter,
    Kind.ROTATION: rotation_letter,
    Kind.UNUSED: unused_letter,
    Kind.LEAK: leak_letter,
    Kind.LEAK_TO_ADMINISTRATOR: leak_letter_to_administrator,
}
