"""Resource Servers: who asks, and how they prove it (T17, T22)."""

from __future__ import annotations

import hmac
import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent
from reference_tokens.lifecycle.resource_server_registration import create_resource_server, store_secret
from reference_tokens.models import ResourceServer, ResourceServerSecret
from reference_tokens.models.resource_servers import MAXIMUM_SECRETS
from reference_tokens.token_values import hashing
from reference_tokens.token_values.hashing import KeyRing
from reference_tokens.token_values.key_ring import KeyRingIncomplete, key_ring
from reference_tokens.validation import callers
from reference_tokens.validation.callers import authenticate
from tests.factories import ResourceServerFactory
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def create(**changes: Any) -> tuple[ResourceServer, str]:
    values: dict[str, Any] = {"actor": OPERATOR, "now": timezone.now(), "name": "Orders API"}
    values["asks_for_all_applications"] = not changes.get("applications")
    return create_resource_server(**values | changes)


def test_t23_ids_and_secrets_are_of_letters_digits_and_two_marks() -> None:
    server, secret = create()
    assert re.fullmatch(r"rs_[0-9a-f]{20}", server.client_id)
    assert re.fullmatch(r"enrs_[A-Za-z0-9_-]{43}", secret)


def test_t22_of_a_secret_only_the_digest_is_stored() -> None:
    _server, secret = create()
    digest = bytes(ResourceServerSecret.objects.get().digest)
    assert digest == hashing.KeyRing.digest(key_ring(), secret)
    assert secret not in str(AuditEvent.objects.values())


def test_aud1_the_registration_is_recorded(application: TrustedApplication) -> None:
    server, _secret = create(applications=[application], may_revoke=True, required_scopes=["read"])
    event = AuditEvent.objects.get()
    assert (event.action, event.target_id) == ("resource_server:create", server.client_id)
    assert event.details["after"] == {
        "is_enabled": True,
        "name": "Orders API",
        "applications": ["com.example/excel"],
        "asks_for_all_applications": False,
        "may_revoke": True,
        "shares_profile": False,
        "required_scopes": ["read"],
    }


@pytest.mark.parametrize(
    "changes", [{"name": "Taken"}, {"name": ""}, {"name": "a\nb"}, {"name": "x" * 101}, {"required_scopes": ["fly"]}]
)
def test_a_bad_registration_is_refused_and_nothing_is_stored(changes: dict[str, Any]) -> None:
    ResourceServerFactory.create(name="Taken")
    with pytest.raises(ValidationError):
        create(**changes)
    assert ResourceServer.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_t18_an_authenticated_server_is_told_with_its_rights() -> None:
    server, secret = create(may_revoke=True, shares_profile=True, required_scopes=["update", "read"])
    caller = authenticate(server.client_id, secret)
    assert caller is not None
    assert caller._asdict() == {
        "id": server.pk,
        "client_id": server.client_id,
        "is_enabled": True,
        "asks_for_all_applications": True,
        "may_revoke": True,
        "shares_profile": True,
        "required_scopes": ("read", "update"),
        "ring_is_incomplete": False,
    }


def test_t18_a_wrong_secret_an_unknown_id_and_anothers_secret_are_refused(server: Any) -> None:
    other: Any = ResourceServerFactory.create()
    assert authenticate(server.client_id, "enrs_wrong") is None
    assert authenticate("rs_unknown", server.plain_secret) is None
    assert authenticate(server.client_id, other.plain_secret) is None


def test_t22_a_disabled_server_is_refused_at_once(server: Any) -> None:
    assert authenticate(server.client_id, server.plain_secret)
    ResourceServer.objects.update(is_enabled=False)
    assert authenticate(server.client_id, server.plain_secret) is None


def test_t22_two_secrets_are_good_at_a_time(server: Any) -> None:
    _stored, second = store_secret(server, timezone.now())
    assert authenticate(server.client_id, server.plain_secret)
    assert authenticate(server.client_id, second)


def test_t22_a_secret_that_was_taken_away_is_refused_at_once(server: Any) -> None:
    _stored, second = store_secret(server, timezone.now())
    server.secrets.order_by("pk").first().delete()
    assert authenticate(server.client_id, server.plain_secret) is None
    assert authenticate(server.client_id, second)


def test_t18_authenticating_is_one_select(server: Any) -> None:
    authenticate(server.client_id, server.plain_secret)
    with Statements() as statements:
        authenticate(server.client_id, server.plain_secret)
    assert statements.verbs == ["SELECT"]


@pytest.mark.parametrize("known", ["nobody", "one secret", "two secrets", "disabled", "disabled, its secret"])
def test_t17_an_unknown_client_costs_the_same_hmac_and_comparison_as_a_wrong_secret(
    server: Any, monkeypatch: pytest.MonkeyPatch, known: str
) -> None:
    work: list[str] = []
    digest, compare = KeyRing.digest, hmac.compare_digest

    def counted_digest(ring: KeyRing, *args: Any) -> bytes:
        work.append("hmac")
        return digest(ring, *args)

    def counted_comparison(one: bytes, other: bytes) -> bool:
        work.append("compare")
        return bool(compare(one, other))

    if known == "two secrets":
        store_secret(server, timezone.now())
    ResourceServer.objects.update(is_enabled="disabled" not in known)
    monkeypatch.setattr(KeyRing, "digest", counted_digest)
    monkeypatch.setattr(hmac, "compare_digest", counted_comparison)
    secret = server.plain_secret if known == "disabled, its secret" else "enrs_wrong"
    assert authenticate("rs_unknown" if known == "nobody" else server.client_id, secret) is None
    assert work == ["hmac", "compare"] * MAXIMUM_SECRETS


def test_t17_nobody_stands_in_for_a_secret_of_those_that_are_let_in(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "stand_ins", pytest.fail)
    assert authenticate(server.client_id, server.plain_secret)


@pytest.mark.parametrize("lost", ["first", "second"])
def test_tok2_only_a_secret_whose_key_is_at_hand_is_proved_and_no_other_is_called_wrong(
    server: Any, settings: Settings, lost: str
) -> None:
    older, newer = settings.TOKEN_HASH_KEYS[0], "newer-0123456789abcdefghijklmnopqrstuvwxyz"
    settings.TOKEN_HASH_KEYS = [newer, older]
    _stored, second = store_secret(server, timezone.now())
    settings.TOKEN_HASH_KEYS = [newer if lost == "first" else older]
    good, bad = (second, server.plain_secret) if lost == "first" else (server.plain_secret, second)
    assert authenticate(server.client_id, good)
    for secret in (bad, "enrs_wrong"):
        with pytest.raises(KeyRingIncomplete):
            authenticate(server.client_id, secret)
