"""What the mails about tokens say (TOK-15), as things stand when they are sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.addresses import address_of
from accounts.mails.message import Letter
from reference_tokens.models import ReferenceToken
from reference_tokens.models.notices import Notice
from reference_tokens.notices.due import end_if_unused, expiring, unused_and_warned, unused_period
from reference_tokens.notices.facts import LISTED, News, administrators, closing, facts, past, reason, where_to, who

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceTokenQuerySet

Kind = Notice.Kind
DAY = timedelta(days=1)


def letter_of(notice: Notice, now: datetime) -> Letter | None:
    """The mail of a notice, in its recipient's language; None where it cannot reach them, or is not true any more."""
    person = notice.recipient
    if not (person.is_active and person.email) or person.deleted_at:
        return None
    still = still_concerned(notice, now).order_by("issued_at", "pk")
    related = ("application__system_user", "holder", "revoked_by", "suspended_by", "replaces")
    tokens = list(still.select_related(*related)[:LISTED])
    if not tokens:
        return None
    count = still.count() if len(tokens) == LISTED else len(tokens)
    news = News(person, tokens, count, now)
    with translation.override(person.language):
        return WRITERS[Kind(notice.kind)](news)


def still_concerned(notice: Notice, now: datetime) -> ReferenceTokenQuerySet:
    """Those of a notice's tokens of which it is still true."""
    named = ReferenceToken.objects.filter(notices=notice)
    if notice.kind == Kind.EXPIRY:
        return named.filter(pk__in=expiring(notice.step or 0, now).values("pk"))
    if notice.kind == Kind.UNUSED:
        return named.filter(pk__in=unused_and_warned(now).values("pk")) if unused_period() else named.none()
    if notice.kind == Kind.SUSPENSION:
        return named.in_state(ReferenceToken.State.SUSPENDED, now)
    return named


def expiry(news: News) -> Letter:
    """It expires soon: rotate it."""
    expires_at = news.token.expires_at or news.now
    days = ceil((expires_at - news.now) / DAY)
    subject = ngettext("“%(name)s” expires in %(count)d day", "“%(name)s” expires in %(count)d days", days)
    label, path, ask = where_to(
        _("Rotate token"),
        news,
        own=address_of("rotate own token", news.token.pk),
        anybodys=address_of("rotate token", news.token.pk),
    )
    text = _("From its expiry on, whatever uses this access token fails.")
    rotate = _(
        "If it is still needed, it has to be rotated in time: that gives a new value with the same rights, "
        "and the old one goes on working for a while."
    )
    return Letter(
        subject % {"name": news.name, "count": days},
        [text, rotate, *([] if path else [ask])],
        facts(news),
        label,
        path,
        closing(news),
    )


def revocation(news: News) -> Letter:
    """Somebody revoked it, or them."""
    token = news.token
    told = {
        "name": news.name,
        "count": news.count,
        "who": who(token.revoked_by, token.revocation_source),
        "when": news.time(token.revoked_at or news.now),
    }
    if news.is_about_one:
        subject, text = _("“%(name)s” was revoked"), _("%(who)s revoked this access token on %(when)s.")
    else:
        subject, text = _("%(count)d access tokens were revoked"), _("%(who)s revoked these access tokens on %(when)s.")
    consequence = _("What uses it fails from now on. This cannot be undone.")
    return past(news, subject % told, [text % told, reason(token.why_revoked), consequence])


def suspension(news: News) -> Letter:
    """Somebody, or the service, suspended it, or them."""
    token = news.token
    told = {
        "name": news.name,
        "count": news.count,
        "who": who(token.suspended_by, token.suspension_source),
        "when": news.time(token.suspended_at or news.now),
        "names": administrators(token),
    }
    if news.is_about_one:
        subject, text = _("“%(name)s” was suspended"), _("%(who)s suspended this access token on %(when)s.")
    else:
        subject = _("%(count)d access tokens were suspended")
        text = _("%(who)s suspended these access tokens on %(when)s.")
    consequence = _("What uses it fails until an administrator resumes it. You can ask %(names)s.")
    return past(news, subject % told, [text % told, reason(token.why_suspended), consequence % told])


def rotation(news: News) -> Letter:
    """It replaced itself, which may be a thief's doing."""
    label, path, ask = where_to(
        _("Revoke token"),
        news,
        own=address_of("revoke own token", news.token.pk),
        anybodys=address_of("revoke token", news.token.pk),
    )
    text = _("Whoever holds this access token asked for a new value of it, as its application allows.")
    warning = _("If that was none of your programs, revoke the new token at once.")
    subject = _("“%(name)s” rotated itself") % {"name": news.name}
    return Letter(subject, [text, warning, *([] if path else [ask])], facts(news), label, path, closing(news))


def unused(news: News) -> Letter:
    """Nobody uses it, or them: say when they are suspended."""
    told = {
        "name": news.name,
        "count": news.count,
        "days": unused_period().days,
        "when": news.time(min(end_if_unused(token) for token in news.tokens)),
    }
    if news.is_about_one:
        subject = _("“%(name)s” is not used and will be suspended")
        text = _("This access token will be suspended on %(when)s if it stays unused: nobody used it for long.")
    else:
        subject = _("%(count)d access tokens are not used and will be suspended")
        text = _("These access tokens will be suspended, the first on %(when)s, if they stay unused.")
    rule = _("A token that is not used for %(days)d days is suspended; an administrator can resume it.")
    advice = _("If it is needed, use it once before then. If it is not, revoke it.")
    return past(news, subject % told, [text % told, rule % told, advice])


WRITERS = {
    Kind.EXPIRY: expiry,
    Kind.REVOCATION: revocation,
    Kind.SUSPENSION: suspension,
    Kind.ROTATION: rotation,
    Kind.UNUSED: unused,
}
