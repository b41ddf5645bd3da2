"""The one place where a token is judged (VAL-1). Every door asks here; none looks a token up by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.at_hand import connection_at_hand
from accounts.database.compiled_query import Placeholder, compiled, paired
from accounts.http import client_address
from reference_tokens.models import Door, HashKey, ReferenceToken, ResourceServer
from reference_tokens.token_values import token_format
from reference_tokens.token_values.key_ring import KeyRingIncomplete, key_ring
from reference_tokens.validation.callers import CREDENTIAL_CHARACTERS, enabled, proven, secrets_of_server
from reference_tokens.validation.decision import Decision, Holder, Inactive, TokenRecord, decide
from reference_tokens.validation.noting import note, note_refused_caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    from accounts.http import HasHeaders
    from reference_tokens.validation.callers import Caller

MALFORMED = Decision(None, inactive=Inactive.MALFORMED)
UNKNOWN = Decision(None, inactive=Inactive.UNKNOWN)
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


def group_names() -> Subquery:
    """The names of the holder's groups, as a JSON array; NULL for no group."""
    holder = Coalesce(OuterRef("holder_id"), OuterRef("application__system_user_id"))
    return Subquery(
        Group.objects.filter(users=holder).order_by().values("users").annotate(names=JSONNames("name")).values("names")
    )


def of_holder(column: str) -> Case:
    """A column of whom the token speaks for: a PAT for its holder, a SAT for the System User."""
    is_personal = When(kind=ReferenceToken.Kind.PAT, then=F(f"holder__{column}"))
    return Case(is_personal, default=F(f"application__system_user__{column}"))


def is_registered(client_id: models.Expression | str) -> Exists:
    """Whether the Resource Server with this client id is registered for the token's application."""
    registrations = ResourceServer.applications.through.objects.filter(
        resourceserver__client_id=client_id,
        trustedapplication_id=OuterRef("application_id"),
    )
    return Exists(registrations)


def with_digest(tokens: QuerySet[ReferenceToken], digests: Sequence[Any]) -> QuerySet[ReferenceToken]:
    """The one of the tokens that is stored under one of these digests: every lookup of a token by its value."""
    return tokens.filter(digest__in=digests)


def stored_token(number_of_keys: int, with_profile: bool) -> QuerySet[Any, Any]:  # noqa: FBT001 - part of a cache key
    """The token with one of the digests `digest_0`…, in one SELECT with its application and its holder.

    `is_for_server` tells whether the Resource Server `client_id` is registered for the token's application.
    """
    digests = [Placeholder(f"digest_{number}") for number in range(number_of_keys)]
    tokens = with_digest(ReferenceToken.objects.all(), digests)
    return with_what_decides(tokens, Placeholder("client_id"), with_profile=with_profile)


def with_what_decides(
    tokens: QuerySet[ReferenceToken],
    client_id: models.Expression | str,
    *,
    with_profile: bool,
    first: Sequence[str] = (),
) -> QuerySet[Any, Any]:
    """Of each token the columns that `token_record` reads, for the Resource Server with this client id."""
    holder_columns = HOLDER_COLUMNS + (PROFILE_COLUMNS if with_profile else ())
    return (
        tokens.annotate(
            is_for_server=is_registered(client_id),
            groups=group_names() if with_profile else Value(""),
            **{f"of_holder_{column}": of_holder(column) for column in holder_columns},
        )
        .order_by()
        .values_list(
            *first,
            "id",
            "kind",
            "scopes",
            "issued_at",
            "expires_at",
            "revoked_at",
            "suspended_at",
            "first_used_at",
            "application__application_uri",
            "application__is_enabled",
            "application__scopes",
            "is_for_server",
            "groups",
            *(f"of_holder_{column}" for column in holder_columns),
        )
    )


def validate(plaintext: str, *, now: datetime, door: Door, address: str | None = None) -> Decision:
    """Whether the presented text is a good token now, for any Resource Server, and why not.

    The answer is counted; a good token is noted as used, from the address, any other as refused at the door. Raises
    `django.db.Error` where the store cannot be read and `KeyRingIncomplete` where it cannot be told whether the token
    exists: both are 503, never "inactive" (VAL-4).
    """
    decision = judge(plaintext, now=now, server=None)
    note(decision, now=now, server=None, door=door, address=address)
    return decision


def validate_for_application(
    plaintext: str, application_uri: str, *, now: datetime, door: Door, address: str | None
) -> Decision:
    """The same for a door that opens to the tokens of one application alone."""
    decision = judge(plaintext, now=now, server=None)
    if decision.is_active and decision.good.application_uri != application_uri:
        decision = Decision(decision.record, inactive=Inactive.OTHER_SERVER)
    note(decision, now=now, server=None, door=door, address=address)
    return decision


def validate_for_client(
    client_id: str, secret: str, plaintext: str, *, now: datetime, request: HasHeaders
) -> tuple[Caller | None, Decision]:
    """The Resource Server that this id and secret prove at introspection, with the decision for it.

    Where they prove none there is no caller, the refusal is noted alone, and the decision says no more than that the
    token is unknown. Else as `validate`, noted as a use by the server, and it raises as that does.
    """

    def recognise(rows: list[list[Any]]) -> Caller | None:
        caller = proven(rows, secret)
        if caller is None:
            note_refused_caller(rows, now=now, door=Door.INTROSPECTION, address=client_address(request))
        return caller

    caller, decision = judge_for(client_id, plaintext, now, recognise)
    if caller is not None:
        note(decision, now=now, server=caller, door=Door.INTROSPECTION)
    return caller, decision


def validate_for_named(
    client_id: str, plaintext: str, *, now: datetime, address: str | None
) -> tuple[Caller | None, Decision]:
    """The same for the enabled Resource Server with this id, whose required scopes count; it has proved nothing."""
    if not CREDENTIAL_CHARACTERS.match(client_id):
        return None, UNKNOWN

    def recognise(rows: list[list[Any]]) -> Caller | None:
        caller = enabled(rows)
        if caller is None:
            note_refused_caller(rows, now=now, door=Door.FORWARD_AUTH, address=address)
        return caller

    caller, decision = judge_for(client_id, plaintext, now, recognise)
    if caller is not None:
        scopes = caller.required_scopes
        note(decision, now=now, server=caller, door=Door.FORWARD_AUTH, address=address, required_scopes=scopes)
    return caller, decision


def judge_for(
    client_id: str, plaintext: str, now: datetime, recognise: Callable[[list[list[Any]]], Caller | None]
) -> tuple[Caller | None, Decision]:
    """The Resource Server that is recognised in the rows of `secrets_of_server`, and the decision for it, not counted.

    PostgreSQL is asked about both at once; what is stored of the token is looked at only once the caller is recognised.
    """
    ring = key_ring()
    servers = compiled(secrets_of_server, ring.ids)
    if connection_at_hand().vendor == "sqlite" or not token_format.is_well_formed(plaintext):
        # SQLite is in this process: there is no way to save.
        caller = recognise(servers.rows(client_id=client_id))
        return caller, judge(plaintext, now=now, server=caller) if caller else UNKNOWN
    digests = ring.digests(plaintext)
    pair = paired(servers, compiled(stored_token, len(digests), False))
    rows, row = pair.rows(client_id=client_id, **numbered(digests))
    caller = recognise(rows)
    if caller is None:
        return None, UNKNOWN
    if row is None:
        return caller, none_stored(caller)
    # The holder's profile is read for those alone that may have it.
    record = find(plaintext, caller) if caller.shares_profile else token_record(row, caller)
    return caller, decision_on(record, now, caller)


def judge(plaintext: str, *, now: datetime, server: Caller | None) -> Decision:
    """The decision alone, which is no use of the token; raises as `validate` does."""
    if not token_format.is_well_formed(plaintext):
        return MALFORMED
    return decision_on(find(plaintext, server), now, server)


def judge_stored(token_id: UUID, *, now: datetime, server: Caller | None) -> Decision:
    """The decision on a token that is chosen, not presented, as on its value: no use of it; raises as `validate`."""
    tokens = ReferenceToken.objects.filter(pk=token_id)
    row = with_what_decides(tokens, server.client_id if server else NO_CLIENT, with_profile=False).get()
    return decide(token_record(list(row), server), now)


def decision_on(record: TokenRecord | None, now: datetime, server: Caller | None) -> Decision:
    """The decision, given what is stored of a well-formed token; raises as `validate` does."""
    return none_stored(server) if record is None else decide(record, now)


def none_stored(server: Caller | None) -> Decision:
    """The decision where nothing is stored of a well-formed token; raises as `validate` does."""
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


def token_id_of(plaintext: str, tokens: QuerySet[ReferenceToken] | None = None) -> UUID | None:
    """The id of the token with this value among these, or all, good or not; None where there is none. Not a use of it.

    One SELECT, where there is no such token and where it is none of these alike.
    """
    if not token_format.is_well_formed(plaintext):
        return None
    among = ReferenceToken.objects.all() if tokens is None else tokens
    return with_digest(among, key_ring().digests(plaintext)).values_list("id", flat=True).first()


def token_record(row: list[Any], server: Caller | None) -> TokenRecord:
    """A row of `stored_token` as the decision reads it, for this Resource Server (None: for any)."""
    *columns, is_for_server, groups = row[:13]
    return TokenRecord._make(
        [
            *columns,
            Holder(*row[13:]),
            server is None or server.asks_for_all_applications or bool(is_for_server),
            names_in(groups) if groups else (),
        ]
    )


def names_in(groups: str | list[str]) -> tuple[str, ...]:
    """The names of groups, in order, from a JSON array, which PostgreSQL's driver has read already."""
    return tuple(sorted(json.loads(groups) if isinstance(groups, str) else groups))


def ring_is_incomplete() -> bool:
    """Whether some token may be stored under a key that this process lacks: one SELECT."""
    return HashKey.objects.filter(retired_at=None).exclude(id__in=key_ring().ids).exists()
