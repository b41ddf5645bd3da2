"""Noting in the fence what acts end, issue or change, as the entries tell that they leave in the audit log."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection

from accounts.database.before_commit import before_commit
from reference_tokens.fence.lines import Line, Word, instant_text, line_text, name_of
from reference_tokens.fence.place import fence, has_fence
from reference_tokens.models import FenceLine
from reference_tokens.webhooks.events import tokens_of_many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from accounts.models import AuditEvent

logger = logging.getLogger(__name__)

QUEUE = f'"{FenceLine._meta.db_table}"'
# What the details of an entry tell of its target: a word, and perhaps a value.
Told = tuple[Word, str]

# Of the acts that are about one token, user, application or Resource Server.
OF_ONE: Mapping[str, Word] = {
    "token:issue": Word.ISSUED,
    "token:revoke": Word.REVOKED,
    "token:suspend": Word.SUSPENDED,
    "token:resume": Word.RESUMED,
    "user:deactivate": Word.DEACTIVATED,
    "user:reactivate": Word.REACTIVATED,
    "user:delete": Word.DELETED,
    "user:unmake_administrator": Word.DEMOTED,
    "user:make_administrator": Word.PROMOTED,
    "user:change_password": Word.CREDENTIALS,
    "user:reset_password": Word.CREDENTIALS,
    "factor:remove": Word.CREDENTIALS,
    "factor:reset": Word.CREDENTIALS,
    "recovery_codes:generate": Word.CREDENTIALS,
    "user:take_credentials": Word.CREDENTIALS,
    "session:end": Word.SESSIONS_ENDED,
    "user:sign_out": Word.SESSIONS_ENDED,
    "user:disconnect_identity": Word.IDENTITY_LOST,
    "resource_server:delete": Word.SERVER_DELETED,
}
OF_MANY: Mapping[str, Word] = {
    "token:revoke_many": Word.REVOKED,
    "token:suspend_many": Word.SUSPENDED,
    "token:resume_many": Word.RESUMED,
}
# Of what a restore brings back as it was: told, so that somebody looks at it.
CHANGES = frozenset(
    [
        *("application:create", "application:update", "scope:create", "scope:update", "scope:delete"),
        *("resource_server:create", "resource_server:update", "resource_server:add_secret"),
        *("user:create", "user:update", "user:change_email", "user:accept_invitation", "user:connect_identity"),
        *("factor:add", "group:create", "group:rename", "group:add_member", "group:remove_member"),
        *("group:remove_members", "group:delete", "webhook:create", "webhook:update", "webhook:delete"),
        *("webhook:pause", "webhook:resume", "webhook:end", "webhook:replace_secret", "webhook:end_former_secret"),
    ]
)


def note_entries(events: Sequence[AuditEvent]) -> None:
    """Note in the fence what these entries tell, just before the commit of the act that they record."""
    if has_fence():
        note([text for event in events for text in lines_of(event)])


def note_ends(tokens: Iterable[UUID], *, end: datetime, event: AuditEvent) -> None:
    """Note that these tokens end at an instant; the entry that records it does not lead to them."""
    note([told(event, Word.ENDS, str(pk), instant_text(end)) for pk in tokens])


def note(texts: Sequence[str]) -> None:
    """Have these lines written just before the commit."""
    if texts:
        before_commit(write_lines, texts)


def write_lines(texts: Sequence[str]) -> None:
    """Append the lines, behind those that wait; where the fence takes none they wait too, in the database.

    An act that ends something never fails for the fence: a token that cannot be revoked is worse than one that an
    older copy of the database would know as good. Home and the log say that lines wait.
    """
    waiting = lines_that_wait()
    lines, names = [*(text for _pk, text in waiting), *texts], [name_of(text) for _pk, text in waiting]
    try:
        fence().append(lines)
    except OSError as error:
        logger.error("FENCE_FILE takes no lines, which wait in the database: %s", error)  # noqa: TRY400 - no trace of it
        # The last one stands for those before it, with which it is appended.
        fence().say_that_it_lacks(name_of(lines[-1]))
        fence().say_that_it_lacks_no_more({*names} - {name_of(lines[-1])})
        change_queue(f"INSERT INTO {QUEUE} (text) VALUES (%s)", texts)  # noqa: S608 - Django's own name
        return
    if waiting:
        change_queue(f"DELETE FROM {QUEUE} WHERE id = %s", [pk for pk, _text in waiting])  # noqa: S608 - as above
        fence().say_that_it_lacks_no_more(names)


def lines_that_wait() -> list[tuple[int, str]]:
    """The lines that the fence has not taken, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, text FROM {QUEUE} ORDER BY id")  # noqa: S608 - Django's own name
        return list(cursor.fetchall())


def change_queue(statement: str, values: Iterable[str | int]) -> None:
    """Run the statement for each value; by a cursor, since Django takes the transaction for over by now."""
    with connection.cursor() as cursor:
        cursor.executemany(statement, [[value] for value in values])


def lines_of(event: AuditEvent) -> Iterator[str]:
    """The lines that an entry is worth: one, one for each of many tokens, or none."""
    if word := OF_ONE.get(event.action):
        yield told(event, word, event.target_id)
    if word := OF_MANY.get(event.action):
        for pk in tokens_of_many(event).order_by().values_list("pk", flat=True):
            yield told(event, word, str(pk))
    if tell := BY_DETAILS.get(event.action):
        for word, value in tell(event):
            yield told(event, word, event.target_id, value)
    if event.action in CHANGES:
        yield told(event, Word.CHANGED, f"{event.target_type}:{event.target_id}")


def told(event: AuditEvent, word: Word, identity: str, value: str = "") -> str:
    """A line about what an entry records."""
    return line_text(Line(event.at, event.seq, word, identity, value))


def of_rotation(event: AuditEvent) -> Iterator[Told]:
    """The old value ends: at once, or when its overlap does."""
    if event.details["overlap_seconds"]:
        yield Word.ENDS, instant_text(datetime.fromisoformat(event.details["after"]["expires_at"]))
    else:
        yield Word.REVOKED, ""


def of_application(event: AuditEvent) -> Iterator[Told]:
    """It is disabled or enabled, and what it offers is less or more."""
    before, after = event.details["before"], event.details["after"]
    if "is_enabled" in after:
        yield (Word.APPLICATION_ENABLED if after["is_enabled"] else Word.APPLICATION_DISABLED), ""
    had, has = set(before.get("scopes", ())), set(after.get("scopes", ()))
    yield from ((Word.SCOPE_LOST, scope) for scope in sorted(had - has))
    yield from ((Word.SCOPE_GAINED, scope) for scope in sorted(has - had))


def of_server(event: AuditEvent) -> Iterator[Told]:
    """It is disabled or enabled."""
    after = event.details["after"]
    if "is_enabled" in after:
        yield (Word.SERVER_ENABLED if after["is_enabled"] else Word.SERVER_DISABLED), ""


def of_secret(event: AuditEvent) -> Iterator[Told]:
    """One of its two secrets is gone: the one with this end."""
    yield Word.SECRET_REMOVED, event.details["hint"][-4:]


BY_DETAILS: Mapping[str, Callable[[AuditEvent], Iterator[Told]]] = {
    "token:rotate": of_rotation,
    "application:update": of_application,
    "resource_server:update": of_server,
    "resource_server:remove_secret": of_secret,
}
