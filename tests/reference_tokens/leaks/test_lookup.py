"""T76: what `POST /leaks/lookup` takes and answers (contract 4.7)."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.leaks.lookup import stored
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.rotation import rotate_token
from reference_tokens.lifecycle.suspension import resume_token, suspend_with_old_values
from reference_tokens.maintenance import housekeeping
from reference_tokens.models import LookupDigest, ReferenceToken
from reference_tokens.token_values import token_format
from tests.command_line import Runner
from tests.factories import issued_pat, issued_sat
from tests.introspection import Statements, plan
from tests.reference_tokens.commands.check_settings.checked_settings import found as found_setting
from tests.reference_tokens.test_plaintext_is_nowhere import forms_of
from tests.stored import everything_stored
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LOOKUP = "/leaks/lookup"


@pytest.fixture(autouse=True)
def _lookup_is_on(settings: Any) -> None:
    settings.LEAK_LOOKUP = True


def digest_of(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def send(client: Client, body: str | bytes, **options: Any) -> Any:
    return client.generic("POST", LOOKUP, body, "application/json", **options)


def looked_up(client: Client, *prefixes: str) -> Any:
    response = send(client, json.dumps({"prefixes": prefixes}))
    assert response.status_code == 200
    return response.json()


def is_found(client: Client, value: str) -> bool:
    digest = digest_of(value)
    return digest[5:] in looked_up(client, digest[:5])[digest[:5]]


# --- Which tokens are found ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PAT", "SAT"])
def test_t76_a_live_token_is_found_by_five_digits_and_no_other_value_is(
    client: Client, alice: User, application: TrustedApplication, kind: str
) -> None:
    issued = issued_pat(alice, application) if kind == "PAT" else issued_sat(application)
    assert is_found(client, issued.plaintext)
    assert not is_found(client, token_format.generate())


def test_t76_a_revoked_token_is_not_found(client: Client, issued: IssuedToken) -> None:
    revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now(), reason="Lost")
    assert not is_found(client, issued.plaintext)


def test_t76_an_expired_token_is_not_found(client: Client, issued: IssuedToken) -> None:
    expires_at = issued.token.expires_at
    assert expires_at
    with time_machine.travel(expires_at, tick=False):
        assert not is_found(client, issued.plaintext)


def test_t76_a_suspended_token_is_found_again_once_it_is_resumed(client: Client, issued: IssuedToken) -> None:
    suspend_with_old_values(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now())
    assert not is_found(client, issued.plaintext)
    resume_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now())
    assert is_found(client, issued.plaintext)


def test_t76_the_rest_that_made_room_for_a_token_does_not_come_back_once_it_ended(
    client: Client, issued: IssuedToken
) -> None:
    prefix, now = digest_of(issued.plaintext)[:5], timezone.now()
    with time_machine.travel(now, tick=False):
        during = set(looked_up(client, prefix)[prefix])
        revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=now)
        after = set(looked_up(client, prefix)[prefix])
        LookupDigest.objects.all().delete()
        (made_room,) = set(looked_up(client, prefix)[prefix]) - during
    assert made_room not in after


def test_t76_a_rotated_token_is_found_by_both_values_while_both_are_good(client: Client, issued: IssuedToken) -> None:
    now = timezone.now()
    new = rotate_token(actor=OPERATOR, token_id=issued.token.pk, overlap=timedelta(hours=1), now=now)
    assert is_found(client, new.plaintext)
    assert is_found(client, issued.plaintext)


def test_t76_a_token_that_was_issued_while_the_setting_was_off_is_not_found(
    client: Client, alice: User, application: TrustedApplication, settings: Any
) -> None:
    settings.LEAK_LOOKUP = False
    issued = issued_pat(alice, application)
    assert not LookupDigest.objects.exists()
    settings.LEAK_LOOKUP = True
    assert not is_found(client, issued.plaintext)


# --- What is stored --------------------------------------------------------------------------------------------------


def test_t3_a_plain_digest_is_stored_beside_the_keyed_one_and_the_value_nowhere(issued: IssuedToken) -> None:
    row, digest = LookupDigest.objects.get(), digest_of(issued.plaintext)
    assert (row.token_id, str(row), row.prefix + row.rest) == (issued.token.pk, digest[:5], digest)
    assert bytes(issued.token.digest).hex() != digest
    kept = everything_stored()
    assert [form for form in forms_of(issued.plaintext) if form in kept] == []


def test_t8_the_plain_digest_opens_nothing(client: Client, issued: IssuedToken) -> None:
    ReferenceToken.objects.update(digest=b"\0" * 32)
    assert client.get("/api/token", headers={"x-api-key": issued.plaintext}).status_code == 401


def test_t76_once_the_setting_is_off_housekeeping_removes_what_was_stored_in_portions(
    alice: User, application: TrustedApplication, settings: Any, command: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "ROWS_AT_ONCE", 2)
    for _number in range(5):
        issued_pat(alice, application)
    assert command("housekeeping", "--json").json["removed"]["lookup_digests"] == 0
    assert found_setting(command, "LEAK_LOOKUP") == (True, "True; tokens that have a second digest: 5")
    settings.LEAK_LOOKUP = False
    assert found_setting(command, "LEAK_LOOKUP") == (True, "False; digests that housekeeping removes: 5")
    with Statements() as statements:
        assert command("housekeeping", "--json").json["removed"]["lookup_digests"] == 5
    deletions = [sql for sql in statements.sql if sql.startswith("DELETE") and "lookupdigest" in sql]
    assert len(deletions) == 3
    assert not LookupDigest.objects.exists()
    assert ReferenceToken.objects.count() == 5


# --- What it costs ---------------------------------------------------------------------------------------------------


def test_t76_a_hundred_prefixes_are_one_query_which_reads_no_keyed_digest(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    tokens = [issued_pat(alice, application).plaintext for _number in range(3)]
    prefixes = [*(digest_of(token)[:5] for token in tokens), *(f"{number:05x}" for number in range(97))]
    with Statements() as statements:
        assert list(looked_up(client, *prefixes)) == list(dict.fromkeys(prefixes))
    (query,) = statements.about_tokens
    assert [sql for sql in statements.sql if "lookupdigest" in sql] == [query]
    assert '"digest"' not in query


def test_t76_prefixes_are_found_by_their_index(issued: IssuedToken) -> None:
    prefixes = [f"{number:05x}" for number in range(100)]
    with Statements() as statements:
        assert stored(prefixes) == []
    assert len(statements.sql) == 1
    assert "lookup_digest_by_prefix" in plan(LookupDigest.objects.filter(prefix__in=prefixes))


# --- What a request may be -------------------------------------------------------------------------------------------


def test_t76_the_address_is_closed_until_the_setting_opens_it(client: Client, settings: Any) -> None:
    settings.LEAK_LOOKUP = False
    response = send(client, '{"prefixes": []}')
    assert (response.status_code, response.json()) == (404, {"error": "not_found"})


def test_t76_nothing_asked_is_nothing_answered_and_a_prefix_asked_twice_is_answered_once(client: Client) -> None:
    assert looked_up(client) == {}
    assert list(looked_up(client, "1a2b3", "1a2b3")) == ["1a2b3"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", '"prefixes" must be a list'),
        (b'{"prefixes": "1a2b3"}', '"prefixes" must be a list'),
        *(
            (json.dumps({"prefixes": [one]}).encode(), "5 lower-case hexadecimal digits")
            for one in ("1A2B3", "1a2b", "1a2b34", "1a2bg", "1a2b3\n", "", "\u0661a2b3", 12345, None, ["1a2b3"])
        ),
        (json.dumps({"prefixes": ["1a2b3"] * 101}).encode(), "at most 100"),
    ],
)
def test_t76_what_is_no_lookup_is_400_and_says_why(client: Client, body: bytes, said: str) -> None:
    response = send(client, body)
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
    assert said in response.json()["error_description"]
    assert response["Cache-Control"] == "no-store"


def test_t76_an_answer_is_stored_by_nobody_and_a_body_of_more_than_16_kb_is_413(client: Client) -> None:
    assert send(client, '{"prefixes": ["1a2b3"]}')["Cache-Control"] == "no-store"
    assert send(client, b" " * 16_385).status_code == 413


def test_t76_lookups_are_limited_for_each_address_apart_from_reports(client: Client) -> None:
    for _number in range(60):
        assert send(client, '{"prefixes": []}').status_code == 200
    response = send(client, '{"prefixes": []}')
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert client.generic("POST", "/leaks/revoke", '{"tokens": []}', "application/json").status_code == 202
    assert send(client, '{"prefixes": []}', REMOTE_ADDR="192.0.2.7").status_code == 200


def test_t76_every_rest_has_59_digits(client: Client, issued: IssuedToken) -> None:
    [rests] = looked_up(client, digest_of(issued.plaintext)[:5]).values()
    assert all(re.fullmatch("[0-9a-f]{59}", rest) for rest in rests)
