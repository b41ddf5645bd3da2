"""Tokens as lists and dialogs show them: what stands in a row, and its badges."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.templatetags.interface import day
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lists.links import NO_LINKS, TokenLinks, link
from reference_tokens.models.outside_policy import outside_text, reasons_outside

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet
    from reference_tokens.usage.history import Sparkline

EXPIRES_SOON = timedelta(days=7)

# What a row shows, or asks before it shows something. Each column more is read, and made a Python value, for each row.
OF_USER = ("username", "name", "is_active", "is_administrator", "deleted_at")
COLUMNS_READ: dict[str, tuple[str, ...]] = {
    "": (
        *("kind", "description", "scopes", "hint", "issued_at", "expires_at", "suspended_at", "exposed_at"),
        *("first_used_at", "revoked_at", "revocation_source", "revocation_reason", "revocation_code"),
    ),
    # The first: in this order PostgreSQL joins them, and lists by last use begin here.
    "use": ("last_used_at", "last_used_address"),
    "use__last_used_server": ("name",),
    "application": (
        *("name", "application_uri", "scopes", "is_enabled"),
        *("access_tokens_policy", "max_lifetime_days", "allows_tokens_without_expiry"),
    ),
    "application__system_user": OF_USER,
    "holder": OF_USER,
    "revoked_by": OF_USER,
    "replaced_by": ("hint", "issued_at"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A word about a token, with a colour that repeats it and a sentence that explains it."""

    label: str
    tone: str
    detail: str = ""
    # The column of a list in which it stands; empty: below the name.
    column: str = ""


@dataclass(frozen=True, slots=True)
class ListedScope:
    """A scope of a token, and whether its application still offers it (POL-7)."""

    name: str
    is_effective: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as the lists and dialogs show it."""

    id: uuid.UUID
    name: str
    hint: str
    kind: str
    kind_label: str
    application_name: str
    application_uri: str
    scopes: list[ListedScope]
    issued_at: datetime
    holder_name: str
    # The name alone, as it stands in a list above the user name, which is empty where there is no more to say.
    holder_label: str
    holder_username: str
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str
    badges: list[Badge]
    is_suspended: bool
    is_ended: bool
    ended_at: datetime | None
    ended_text: str
    revoke_url: str = ""
    application_url: str = ""
    holder_url: str = ""
    detail_url: str = ""
    rotate_url: str = ""
    # Where a token that is being replaced can be ended now.
    end_url: str = ""
    is_new: bool = False
    # None: not used within 30 days.
    usage: Sparkline | None = None

    @property
    def badges_of_name(self) -> list[Badge]:
        """The badges that stand below its name, since no column of a list says the same."""
        return [badge for badge in self.badges if not badge.column]

    @property
    def expires_soon(self) -> bool:
        """Whether that it expires is worth a word."""
        return any(badge.column == "expires" for badge in self.badges)


def with_row(tokens: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
    """The tokens, read with what a row needs of them and of other tables, and nothing else."""
    related = [name for name in COLUMNS_READ if name]
    columns = [f"{table}__{name}" if table else name for table, names in COLUMNS_READ.items() for name in names]
    return tokens.select_related(*related).only(*columns, *related)


def token_row(
    token: ReferenceToken,
    now: datetime,
    links: TokenLinks = NO_LINKS,
    *,
    is_new: bool = False,
    usage: Sparkline | None = None,
) -> TokenRow:
    """The token as lists show it; its application, holder and the like must have been read with it."""
    application = token.application
    holder = token.holder or application.system_user
    state = token.state(now)
    is_ended = state in {token.State.REVOKED, token.State.EXPIRED}
    return TokenRow(
        id=token.pk,
        name=token.display_name,
        hint=token.hint,
        kind=str(token.kind),
        kind_label=str(token.Kind(token.kind).label),
        application_name=application.name,
        application_uri=application.application_uri,
        scopes=[ListedScope(scope, scope in application.scopes) for scope in token.scopes],
        issued_at=token.issued_at,
        holder_name=holder.name_beside_others if holder else no_one(),
        holder_label=holder.display_name if holder else no_one(),
        holder_username=holder.username if holder and holder.name and not holder.deleted_at else "",
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        last_used_from=used_from(token),
        badges=token_badges(token, now),
        is_suspended=state == token.State.SUSPENDED,
        is_ended=is_ended,
        ended_at=(token.revoked_at or token.expires_at) if is_ended else None,
        ended_text=ended_text(token) if is_ended else "",
        is_new=is_new,
        usage=usage,
        **row_urls(token, links, now, is_ended=is_ended),
    )


def no_one() -> str:
    """What stands in place of the holder of a token that has none."""
    return _("no one: the application has no System User")


def row_urls(token: ReferenceToken, links: TokenLinks, now: datetime, *, is_ended: bool) -> dict[str, Any]:
    """Where the row of a token leads; empty for what cannot be done with it now."""
    can_rotate = token.successor is None and token.state(now) == token.State.LIVE and token.kind == links.rotates
    is_being_replaced = token.successor is not None and not is_ended
    holder_id = token.holder_id or token.application.system_user_id
    pk = str(token.pk)
    return {
        "revoke_url": "" if is_ended else link(links.revoke, pk),
        "application_url": link(links.application, token.application_id),
        "holder_url": link(links.user, holder_id) if holder_id else "",
        "detail_url": link(links.detail, pk),
        "rotate_url": link(links.rotate, pk) if can_rotate else "",
        "end_url": link(links.end, pk) if is_being_replaced else "",
    }


def used_from(token: ReferenceToken) -> str:
    """Who told of the last use: the Resource Server that asked, or the address."""
    return token.last_use.source if token.last_use else ""


def used_since_rotation(token: ReferenceToken) -> bool:
    """Whether the old value was used after a newer one had taken its place."""
    successor = token.successor
    return bool(successor and token.last_used_at and token.last_used_at > successor.issued_at)


def ended_text(token: ReferenceToken) -> str:
    """Who ended the token, and why."""
    if token.successor and token.ended_by_its_rotation:
        return _("Replaced by %(hint)s") % {"hint": token.successor.hint}
    if token.revoked_at is None:
        return _("Expired")
    who = token.revoked_by.name_beside_others if token.revoked_by else token.get_revocation_source_display()
    why = token.why_revoked
    if why.code == ReasonCode.EXPOSED:
        # Where it was seen stands on its page: an address would take the place of three rows.
        why = replace(why, text="")
    if reason := why.in_words():
        return _("Revoked by %(who)s: %(reason)s") % {"who": who, "reason": reason}
    return _("Revoked by %(who)s") % {"who": who}


def token_badges(token: ReferenceToken, now: datetime) -> list[Badge]:
    """What there is to know of a token at a glance, the most important first."""
    State = token.State  # noqa: N806 - a class
    state = token.state(now)
    if state in {State.REVOKED, State.EXPIRED}:
        ended = Badge(_("Replaced"), "neutral") if token.ended_by_its_rotation else Badge(str(state.label), "bad")
        return [*exposed_badge(token), ended]
    found = standing_badges(token, is_suspended=state == State.SUSPENDED)
    if token.successor:
        found.append(
            Badge(_("Being replaced"), "warn", replaced_text(token.successor, is_used_since=used_since_rotation(token)))
        )
    if reasons := reasons_outside(token.terms, token.application, now):
        found.append(Badge(_("Outside policy"), "warn", outside_text(reasons)))
    if not token.successor:
        if token.expires_at and token.expires_at - now <= EXPIRES_SOON:
            found.append(Badge(_("Expires soon"), "warn", column="expires"))
        if token.last_used_at is None:
            found.append(Badge(_("Never used"), "neutral", column="used"))
    return found or [Badge(_("Active"), "ok")]


def exposed_badge(token: ReferenceToken) -> list[Badge]:
    """That the token was seen where others can read it; nothing where no report says so."""
    if token.exposed_at is None:
        return []
    text = _("It was reported on %(date)s as seen where others can read it.")
    return [Badge(_("Exposed"), "bad", text % {"date": day(token.exposed_at)})]


def replaced_text(successor: ReferenceToken, *, is_used_since: bool) -> str:
    """What a token is replaced by, and whether something still uses the old value."""
    if is_used_since:
        text = _("Replaced by %(hint)s. The old value is still used. It works until it ends.")
    else:
        text = _("Replaced by %(hint)s. The old value has not been used since. It works until it ends.")
    return text % {"hint": successor.hint}


def standing_badges(token: ReferenceToken, *, is_suspended: bool) -> list[Badge]:
    """Why the token is not valid now; nothing where it is."""
    application = token.application
    holder = token.holder or application.system_user
    if is_suspended:
        return [Badge(_("Suspended"), "warn", _("It is not valid until it is resumed."))]
    if not application.is_enabled:
        return [Badge(_("Application disabled"), "bad", _("It is not valid until its application is enabled."))]
    if holder is None:
        return [Badge(_("No System User"), "bad", _("It is not valid until its application has a System User."))]
    if not holder.is_active:
        return [Badge(_("Holder inactive"), "bad", _("It is not valid until the user it acts as is active."))]
    if not set(token.scopes) & set(application.scopes):
        return [Badge(_("No scopes left"), "bad", _("Its application no longer offers any of its scopes."))]
    return []
