"""The one place where a token is judged (VAL-1). Every door calls `validate`; none looks a token up by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.db import connection, models
from django.db.models import Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.database.compiled_query import Placeholder, compiled, paired
from reference_tokens.models import HashKey, ReferenceToken, ResourceServer
from reference_tokens.token_values import token_format
from reference_tokens.token_values.key_ring import KeyRingIncomplete, key_ring
from reference_tokens.usage.recorder import recorder
from reference_tokens.validation.callers import authenticate, proven, secrets_of_server
from reference_tokens.validation.decision import Decision, Holder, Inactive, TokenRecord, decide

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    from reference_tokens.validation.callers import Caller


MALFORMED = Decision(None, inactive=Inactive.MALFORMED)
UNKNOWN = Decision(None, inactive=Inactive.UNKNOWN)
# What is counted where a good token lacks a scope that the door requires.
LACKS_SCOPES = "insufficient_scope"
# No Resource Server has it.
NO_CLIENT = ""
HOLDER_COLUMNS = ("id", "username", "is_active")
# What a Resource Server learns besides, where it may have the holder's profile.
PROFILE_COLUMNS = ("name", "email", "is_administrator")


class JSONNames(models.Aggregate):
    """The names of a group of rows as one JSON array."""

    function = "json_agg"
    output_field = models.TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any) -> Any:
        """SQLite's name for it."""
        return self.as_sql(compiler, connection, function="json_group_array")


def group_names() -> Coalesce:
    """The names of the holder's groups, as a JSON array."""
    holder = Coalesce(OuterRef("holder_id"), OuterRef("application__system_user_id"))
    names = (
        Group.objects.filter(users=holder).order_by().values("users").annotate(names=JSONNames("name")).values("names")
    )
    return Coalesce(Subquery(names), Value("[]"), output_field=models.TextField())


def stored_token(number_of_keys: int, with_profile: bool) -> QuerySet[Any, Any]:  # noqa: FBT001 - part of a cache key
    """The token with one of the digests `digest_0`…, in one SELECT with its application and both possible holders.

    `is_for_server` tells whether the Resource Server `client_id` is registered for the token's application.
    """
    holder_columns = HOLDER_COLUMNS + (PROFILE_COLUMNS if with_profile else ())
    digests = [Placeholder(f"digest_{number}", models.BinaryField()) for number in range(number_of_keys)]
    registrations = ResourceServer.applications.through.objects.filter(
        resourceserver__client_id=Placeholder("client_id", models.CharField()),
        trustedapplication_id=OuterRef("application_id"),
    )
    return (
        ReferenceToken.objects.filter(digest__in=digests)
        .annotate(
            is_for_server=Exists(registrations),
            groups=group_names() if with_profile else Value("[]"),
        )
        .order_by()
        .values_list(
            "id",
            "kind",
            "scopes",
            "issued_at",
            "expires_at",
            "revoked_at",
            "suspended_at",
            "last_used_at",
            "application__application_uri",
            "application__is_enabled",
            "application__scopes",
            "is_for_server",
            "groups",
            *(f"holder__{column}" for column in holder_columns),
            *(f"application__system_user__{column}" for column in holder_columns),
        )
    )


def validate(
    plaintext: str,
    *,
    now: datetime,
    server: Caller | None = None,
    address: str | None = None,
    required_scopes: Iterable[str] = (),
) -> Decision:
    """Whether the presented text is a good token now, for this Resource Server (None: for any), and why not.

    The answer is counted; a good token is noted as used, by the server or from the address, and as refused where it
    lacks a scope that this door requires. Raises `django.db.Error` where the store cannot be read and
    `KeyRingIncomplete` where it cannot be told whether the token exists: both are 503, never "inactive" (VAL-4).
    """
    decision = judge(plaintext, now=now, server=server)
    note(decision, now=now, server=server, address=address, required_scopes=required_scopes)
    return decision


def validate_for_client(
    client_id: str, secret: str, plaintext: str, *, now: datetime
) -> tuple[Caller | None, Decision]:
    """The Resource Server that this id and secret prove, with the decision for it.

    Where they prove none there is no caller, nothing is counted, and the decision says no more than that the token is
    unknown. Else as `validate`, and it raises as that does.
    """
    if connection.vendor == "sqlite" or not token_format.is_well_formed(plaintext):
        # SQLite is in this process: there is no way to save.
        caller = authenticate(client_id, secret)
        decision = judge(plaintext, now=now, server=caller) if caller else UNKNOWN
    else:
        caller, decision = judge_for_client(client_id, secret, plaintext, now)
    if caller is not None:
        note(decision, now=now, server=caller)
    return caller, decision


def judge_for_client(client_id: str, secret: str, plaintext: str, now: datetime) -> tuple[Caller | None, Decision]:
    """The same of a well-formed token, not counted: the server is asked about both at once.

    What is stored of the token is looked at only once the caller has proved who it is.
    """
    ring = key_ring()
    digests = ring.digests(plaintext)
    pair = paired(compiled(secrets_of_server, ring.ids), compiled(stored_token, len(digests), False))
    secrets, row = pair.rows(client_id=client_id, **numbered(digests))
    caller = proven(secrets, secret)
    if caller is None:
        return None, UNKNOWN
    if row is None:
        return caller, decision_on(None, now, caller)
    # The holder's profile is read for those alone that may have it.
    record = find(plaintext, caller) if caller.shares_profile else token_record(row, caller)
    return caller, decision_on(record, now, caller)


def note(
    decision: Decision,
    *,
    now: datetime,
    server: Caller | None,
    address: str | None = None,
    required_scopes: Iterable[str] = (),
) -> None:
    """Count an answer, and note the use or the refusal of the token."""
    outcome = decision.inactive or ("active" if decision.has_scopes(required_scopes) else LACKS_SCOPES)
    record, is_use = decision.record, outcome == "active"
    recorder.note(
        outcome,
        at=now,
        client_id=server.client_id if server else "",
        token_id=record.id if record else None,
        source=(server.id if server else None, address) if is_use else None,
        is_first_use=is_use and record is not None and record.last_used_at is None,
    )


def judge(plaintext: str, *, now: datetime, server: Caller | None) -> Decision:
    """The decision alone, which is no use of the token; raises as `validate` does."""
    if not token_format.is_well_formed(plaintext):
        return MALFORMED
    return decision_on(find(plaintext, server), now, server)


def decision_on(record: TokenRecord | None, now: datetime, server: Caller | None) -> Decision:
    """The decision, given what is stored of a well-formed token; raises as `validate` does."""
    if record is not None:
        return decide(record, now)
    if server.ring_is_incomplete if server else ring_is_incomplete():
        raise KeyRingIncomplete
    return UNKNOWN


def find(plaintext: str, server: Caller | None) -> TokenRecord | None:
    """What is stored of a well-formed token: one SELECT."""
    digests = key_ring().digests(plaintext)
    with_profile = server is not None and server.shares_profile
    rows = compiled(stored_token, len(digests), with_profile).rows(
        client_id=server.client_id if server else NO_CLIENT, **numbered(digests)
    )
    return token_record(rows[0], server) if rows else None


def numbered(digests: Iterable[bytes]) -> dict[str, bytes]:
    """The digests by the names of their placeholders."""
    return {f"digest_{number}": digest for number, digest in enumerate(digests)}


def token_id_of(plaintext: str) -> UUID | None:
    """The id of the stored token with this value, good or not; None where there is none. Not a use of it."""
    record = find(plaintext, None) if token_format.is_well_formed(plaintext) else None
    return record.id if record else None


def token_record(row: list[Any], server: Caller | None) -> TokenRecord:
    """A row of `stored_token` as the decision reads it: a PAT speaks for its holder, a SAT for the System User."""
    *columns, is_registered, groups = row[:13]
    holders = row[13:]
    middle = len(holders) // 2
    holder = holders[:middle] if columns[1] == ReferenceToken.Kind.PAT else holders[middle:]
    return TokenRecord._make(
        [
            *columns,
            Holder(*holder),
            server is None or server.asks_for_all_applications or bool(is_registered),
            tuple(sorted(json.loads(groups) if isinstance(groups, str) else groups)),
        ]
    )


def ring_is_incomplete() -> bool:
    """Whether some token may be stored under a key that this process lacks: one SELECT."""
    return HashKey.objects.filter(retired_at=None).exclude(id__in=key_ring().ids).exists()
