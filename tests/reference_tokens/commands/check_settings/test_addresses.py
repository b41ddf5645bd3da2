"""RUN-8: the sites, the proxy in front and the provider are asked."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.command_line import Runner
from tests.openid.liar import Liar
from tests.postgresql import free_port
from tests.reference_tokens.commands.check_settings.checked_settings import found

pytestmark = pytest.mark.django_db


@pytest.mark.once
@pytest.mark.parametrize(
    ("base_url", "hosts", "works"),
    [
        ("http://localhost:8000", ["localhost"], True),
        ("http://tokens.localhost:8000", [".localhost"], True),
        ("http://[::1]:8000", ["[::1]"], True),
        ("http://localhost:8000", ["other.example.com"], False),
    ],
)
def test_the_sites_must_answer_to_their_own_name(
    command: Runner, settings: Any, base_url: str, hosts: list[str], works: bool
) -> None:
    settings.BASE_URL, settings.ALLOWED_HOSTS = base_url, hosts
    assert found(command, "ALLOWED_HOSTS")[0] is works


def behind(settings: Any, address: str) -> None:
    settings.BASE_URL, settings.TRUSTED_PROXY_COUNT = address, 1


@pytest.mark.once
def test_where_nothing_answers_behind_a_proxy_that_is_said_and_no_fault(command: Runner, settings: Any) -> None:
    behind(settings, f"http://localhost:{free_port()}")
    works, text = found(command, "TRUSTED_PROXY_COUNT")
    assert works is None
    assert "(Connection refused); run this again beside the running service" in text
    assert command("check_settings").status == 0


@pytest.mark.once
@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (200, {}, "another SECRET_KEY"),
        (301, {"Location": "https://localhost/accounts/login/"}, "X-Forwarded-Proto"),
        (400, {}, "answers 400"),
        (502, {}, "answers 502"),
    ],
)
def test_the_sign_in_page_must_come_through_the_proxy(
    command: Runner, settings: Any, provider: Liar, status: int, headers: dict[str, str], says: str
) -> None:
    behind(settings, provider.issuer)
    provider.documents["/accounts/login/"] = {}
    provider.status, provider.headers = status, headers
    works, text = found(command, "TRUSTED_PROXY_COUNT")
    assert not works
    assert says in text


@pytest.mark.once
def test_a_proxy_without_tls_does_not_serve_https(command: Runner, settings: Any, provider: Liar) -> None:
    behind(settings, provider.issuer.replace("http:", "https:"))
    works, text = found(command, "TRUSTED_PROXY_COUNT")
    assert not works
    assert " cannot be reached by TLS as browsers do: [SSL" in text


@pytest.mark.once
def test_the_provider_is_asked_who_it_is(command: Runner, settings: Any, provider: Liar) -> None:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = provider.issuer, "tokens", "hunter2"
    assert found(command, "OIDC_ISSUER") == (True, "localhost describes itself as it should")
    provider.documents["/.well-known/openid-configuration"]["issuer"] = "https://other.example.com"
    assert found(command, "OIDC_ISSUER")[0] is False


@pytest.mark.once
def test_the_keys_of_github_are_asked_for(command: Runner, settings: Any, provider: Liar) -> None:
    assert found(command, "LEAK_GITHUB_KEYS_URL") == (True, "none")
    settings.LEAK_GITHUB_KEYS_URL = f"{provider.issuer}/keys"
    provider.documents["/keys"] = {"public_keys": []}
    assert found(command, "LEAK_GITHUB_KEYS_URL") == (False, "does not work: its answer holds no key")
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    provider.documents["/keys"] = {"public_keys": [{"key_identifier": "a", "key": pem}]}
    assert found(command, "LEAK_GITHUB_KEYS_URL") == (True, "keys: 1")
