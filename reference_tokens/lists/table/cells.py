"""What stands in the cells of a token's row, as markup: a method for each column.

It is written here and not in a template: of fifty rows a template asks for each word anew, which costs more than all
else that a page does. Whatever a person has typed passes through `markup`, which escapes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.templatetags.interface import day, relative
from accounts.templatetags.parts import badges, few_chips, icon, instant, joined, markup

if TYPE_CHECKING:
    from reference_tokens.lists.rows import TokenRow

NOTHING = SafeString("")


class CellWriter:
    """Writes the cells of rows. The number of a row tells its popovers from those of others.

    What all rows repeat is looked up once, when the writer is made.
    """

    def __init__(self, form_id: str = "") -> None:
        """`form_id`: the form in which tokens are chosen; empty where none can be."""
        self.form_id = form_id
        self.never, self.never_used, self.none = _("Never"), _("Never used"), _("None")
        self.exact_time, self.expires_soon = _("exact time"), _("Expires soon")
        self.since, self.used_from = _("since %(date)s"), _("from %(address)s")
        self.choose, self.end_now = _("Choose %(name)s"), _("End now: %(name)s")
        self.rotate, self.revoke = _("Rotate %(name)s"), _("Revoke %(name)s")

    def name(self, row: TokenRow, number: int) -> SafeString:
        """What it is called; below that its hint, and what there is to know of it."""
        hint = NOTHING if row.hint in row.name else markup('<code class="hint">{}</code>', row.hint)
        below = joined([hint, badges(row.badges_of_name, number)])
        return self.tick(row) + linked("token-name", row.name, row.detail_url) + within("token-meta", below)

    def tick(self, row: TokenRow) -> SafeString:
        """The box by which it is chosen among many."""
        if not self.form_id:
            return NOTHING
        return markup(
            '<input type="checkbox" class="tick" name="token" value="{}" form="{}" aria-label="{}">',
            row.id,
            self.form_id,
            self.choose % {"name": row.name},
        )

    def application(self, row: TokenRow, _number: int) -> SafeString:
        """Its application; below that the URI, where the reader manages applications."""
        uri = markup("<p><code>{}</code></p>", row.application_uri) if row.application_url else NOTHING
        return linked("line", row.application_name, row.application_url) + uri

    def holder(self, row: TokenRow, _number: int) -> SafeString:
        """As whom it acts, with the user name: people may choose a name that somebody else has."""
        username = markup("<p>(<bdi>{}</bdi>)</p>", row.holder_username) if row.holder_username else NOTHING
        return linked("line", row.holder_label, row.holder_url) + username

    def kind(self, row: TokenRow, _number: int) -> SafeString:
        """Whether a person holds it or it is a service's."""
        return markup('{}<span class="visually-hidden">, {}</span>', row.kind, row.kind_label)

    def scopes(self, row: TokenRow, number: int) -> SafeString:
        """Two of its scopes, and all of them behind a button."""
        return few_chips(row.scopes, f"scopes-{number}")

    def expires(self, row: TokenRow, number: int) -> SafeString:
        """The date on which it expires; below that how far away that is."""
        if row.expires_at is None:
            return markup('<span class="badge warn">{}</span>', self.never)
        date = instant(row.expires_at, day(row.expires_at), f"exp-{number}", self.exact_time)
        if row.is_ended:
            return date
        pattern = (
            '<p class="badge warn"><span class="visually-hidden">{}: </span>{}</p>'
            if row.expires_soon
            else "<p>{1}</p>"
        )
        return date + markup(pattern, self.expires_soon, relative(row.expires_at))

    def used(self, row: TokenRow, number: int) -> SafeString:
        """When it was last used; below that from where, or since when uses are counted."""
        if row.last_used_at is None:
            since = self.since % {"date": day(row.issued_at)}
            return markup('<span class="badge">{}</span><p class="line">{}</p>', self.never_used, since)
        used = instant(row.last_used_at, relative(row.last_used_at), f"use-{number}", self.exact_time)
        source = self.used_from % {"address": row.last_used_from}
        return used + (markup('<p class="line">{}</p>', source) if row.last_used_from else NOTHING)

    def usage(self, row: TokenRow, _number: int) -> SafeString:
        """A line of its uses in 30 days, and how many they were."""
        if row.usage is None:
            return markup('<span class="muted">{}</span>', self.none)
        return markup(
            '<svg class="sparkline" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
            '<path d="{}" vector-effect="non-scaling-stroke"></path></svg><span aria-hidden="true">{}</span>',
            row.usage.text,
            row.usage.drawing.width,
            row.usage.drawing.height,
            row.usage.drawing.line,
            row.usage.total,
        )

    def ended(self, row: TokenRow, number: int) -> SafeString:
        """When it ended; below that by whom and why."""
        at = row.ended_at
        ended = instant(at, relative(at), f"end-{number}", self.exact_time) if at else NOTHING
        return ended + markup("<p>{}</p>", row.ended_text)

    def actions(self, row: TokenRow, _number: int) -> SafeString:
        """What can be done with it: icons, whose names are seen where they are pointed at or have the focus."""
        acts = (
            (row.end_url, "circle-x", self.end_now, ""),
            (row.rotate_url, "refresh", self.rotate, ""),
            (row.revoke_url, "trash", self.revoke, " danger-hover"),
        )
        return joined([act(url, name, label % {"name": row.name}, more) for url, name, label, more in acts if url])


def act(url: str, drawing: str, label: str, more: str) -> SafeString:
    """An act as an icon that leads to its question; a script opens that in the dialog."""
    opening = markup('<a class="button quiet icon-only{}" href="{}">', more, url)
    return opening + icon(drawing) + markup('<span class="visually-hidden">{}</span></a>', label)


def linked(kind: str, name: str, url: str) -> SafeString:
    """A name, which leads to its page where there is one."""
    if url:
        return markup('<a class="{}" href="{}"><bdi>{}</bdi></a>', kind, url, name)
    return markup('<span class="{}"><bdi>{}</bdi></span>', kind, name)


def within(kind: str, content: SafeString) -> SafeString:
    """The content in a box of this class."""
    return markup('<div class="{}">', kind) + content + SafeString("</div>")
