"""The compiled queries are what their QuerySets give today, on the database of this run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.test import RequestFactory
from django.utils import timezone

from accounts.audit.chain import locked_head
from accounts.database.compiled_query import CompiledQuery, Placeholder, compiled, filled, paired
from accounts.database.compiled_rows import locked_rows
from accounts.models import User
from reference_tokens.lifecycle.hash_keys import keys_in_use
from reference_tokens.lifecycle.issuance import IssuedToken, last_of_live
from reference_tokens.models import ReferenceToken, ResourceServer
from reference_tokens.token_values.key_ring import key_ring
from reference_tokens.validation.callers import secrets_of_server
from reference_tokens.validation.validate import find, stored_token, validate_for_client, with_what_decides
from tests.factories import ResourceServerFactory, issued_pat, issued_sat
from tests.reference_tokens.lifecycle.server_registration import add
from trusted_apps.models import TrustedApplication

# From no address.
ASKED = RequestFactory().get("/")

pytestmark = pytest.mark.django_db

QUERIES: list[tuple[Callable[..., QuerySet[Any, Any]], tuple[Any, ...]]] = [
    (stored_token, (1, False)),
    (stored_token, (1, True)),
    (stored_token, (3, False)),
    (stored_token, (3, True)),
    (secrets_of_server, (("0" * 16,),)),
    (secrets_of_server, (("0" * 16, "1" * 16),)),
    (locked_rows, (TrustedApplication,)),
    (locked_rows, (User,)),
    (locked_head, ()),
    (keys_in_use, ()),
    (last_of_live, (1000, ReferenceToken.Kind.PAT)),
    (last_of_live, (100, ReferenceToken.Kind.SAT)),
]


def conversions(query: CompiledQuery) -> list[tuple[Any, ...]]:
    return [
        (position, getattr(converter, "__qualname__", converter), type(expression))
        for position, converter, expression in query._converters
    ]


@pytest.mark.parametrize(("build", "args"), QUERIES)
def test_val1_a_compiled_query_equals_what_its_queryset_gives_today(
    build: Callable[..., QuerySet[Any, Any]], args: tuple[Any, ...]
) -> None:
    cached = compiled(build, *args)
    sql, params = build(*args).query.get_compiler(connection=connection).as_sql()
    assert cached.sql == sql
    assert cached.params == tuple(params)
    assert conversions(cached) == conversions(CompiledQuery(build(*args), connection))


@pytest.mark.parametrize("with_profile", [True, False])
@pytest.mark.parametrize("kind", ["PAT", "SAT"])
def test_val1_a_compiled_query_returns_the_rows_and_types_of_the_orm(
    alice: User, application: TrustedApplication, kind: str, with_profile: bool
) -> None:
    issued = issued_pat(alice, application) if kind == "PAT" else issued_sat(application)
    registered, stranger = ResourceServerFactory.create_batch(2)
    registered.applications.add(application)
    digests = key_ring().digests(issued.plaintext)
    for client_id in (registered.client_id, stranger.client_id, ""):
        query = CompiledQuery(stored_token(1, with_profile), connection)
        [row] = query.rows(digest_0=digests[0], client_id=client_id)
        stored = with_what_decides(ReferenceToken.objects.all(), client_id, with_profile=with_profile).get()
        assert tuple(row) == stored
        assert [type(value) for value in row] == [type(value) for value in stored]


def everything_read(issued: IssuedToken, server: Any) -> list[Any]:
    caller, decision = validate_for_client(
        server.client_id, server.plain_secret, issued.plaintext, now=timezone.now(), request=ASKED
    )
    assert caller is not None
    return [caller, decision.good, *caller, *decision.good, *decision.good.holder]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("shares_profile", "groups"), [(False, ()), (True, ()), (True, ("staff", "Ärzte"))])
@pytest.mark.parametrize("kind", ["PAT", "SAT"])
def test_val1_a_prepared_statement_reads_the_same_values_and_types_as_any_other(
    alice: User, application: TrustedApplication, kind: str, shares_profile: bool, groups: tuple[str, ...]
) -> None:
    server = ResourceServerFactory.create(asks_for_all_applications=True, shares_profile=shares_profile)
    alice.groups.set([Group.objects.create(name=name) for name in groups])
    issued = issued_pat(alice, application) if kind == "PAT" else issued_sat(application)
    # On PostgreSQL they are prepared by the first run, and run by their names in the second.
    read = [everything_read(issued, server) for _run in range(2)]
    with transaction.atomic():
        read.append(everything_read(issued, server))
    assert read[0] == read[1] == read[2]
    assert [type(value) for value in read[0]] == [type(value) for value in read[2]]


def test_val1_a_query_is_compiled_once_for_each_thread_and_its_arguments() -> None:
    queries: list[CompiledQuery] = []
    found: list[list[Any]] = []

    def compile_in_thread() -> None:
        queries.append(compiled(stored_token, 1, False))
        # By a connection of its own.
        found.append(queries[0].rows(digest_0=b"", client_id=""))
        connection.close()

    thread = threading.Thread(target=compile_in_thread)
    thread.start()
    thread.join(60)
    assert found == [[]]
    assert compiled(stored_token, 1, False) is compiled(stored_token, 1, False)
    assert compiled(stored_token, 1, False) is not compiled(stored_token, 2, False)
    assert queries[0] is not compiled(stored_token, 1, False)


def test_a_placeholder_takes_the_value_of_each_run(alice: User, bob: User) -> None:
    queryset = User.objects.filter(username=Placeholder("name")).values_list("username", F("id"))
    query = CompiledQuery(queryset, connection)
    assert query.rows(name="alice") == [["alice", alice.pk]]
    assert query.rows(name="bob") == [["bob", bob.pk]]
    assert query.rows(name="' OR 1=1 --") == []


def test_a_value_that_is_missing_is_an_error_and_never_a_wider_question() -> None:
    query = CompiledQuery(User.objects.filter(username=Placeholder("name")).values_list("id"), connection)
    with pytest.raises(KeyError):
        query.rows()


def test_t3_the_lookup_uses_the_unique_index_and_scans_nothing(alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application)
    query = compiled(stored_token, 2, False)
    values: dict[str, Any] = {"digest_0": b"1", "digest_1": b"2", "client_id": ""}
    params = filled(query.params, values)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # with one row it would not bother
        cursor.execute(f"{'EXPLAIN QUERY PLAN' if connection.vendor == 'sqlite' else 'EXPLAIN'} {query.sql}", params)
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "digest" in plan
    assert "SCAN reference_tokens_referencetoken" not in plan
    assert "Seq Scan on reference_tokens_referencetoken" not in plan


def test_val3_one_server_after_the_other_gets_its_own_answer(alice: User, application: TrustedApplication) -> None:
    plaintext = issued_pat(alice, application).plaintext
    registered = ResourceServerFactory.create(asks_for_all_applications=False)
    registered.applications.add(application)
    stranger = ResourceServerFactory.create(asks_for_all_applications=False)
    servers: list[Any] = [registered, stranger, registered]
    answers = [
        validate_for_client(each.client_id, each.plain_secret, plaintext, now=timezone.now(), request=ASKED)
        for each in servers
    ]
    assert [decision.is_active for _caller, decision in answers] == [True, False, True]
    assert ResourceServer.objects.count() == 2


def test_val1_what_is_found_is_of_the_token_asked_for(alice: User, bob: User, application: TrustedApplication) -> None:
    tokens = [issued_pat(person, application) for person in (alice, bob)]
    for issued in tokens:
        record = find(issued.plaintext, None)
        assert record is not None
        assert record.id == issued.token.pk


def test_val1_a_pair_of_queries_gives_what_each_gives_alone(alice: User, application: TrustedApplication) -> None:
    server = ResourceServerFactory.create()
    add(server)
    secrets, token = compiled(secrets_of_server, key_ring().ids), compiled(stored_token, 1, False)
    [known] = key_ring().digests(issued_pat(alice, application).plaintext)
    for client_id, digest in [(client_id, d) for client_id in (server.client_id, "nobody") for d in (known, bytes(32))]:
        values = {"client_id": client_id, "digest_0": digest}
        ones, two = paired(secrets, token).rows(**values)
        assert sorted(ones) == sorted(secrets.rows(**values))
        assert [two] * (two is not None) == token.rows(**values)
    assert paired(secrets, token) is paired(secrets, token)
