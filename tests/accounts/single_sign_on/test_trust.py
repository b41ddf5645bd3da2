"""What is not believed, whoever the provider is, and what happens where it cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.single_sign_on.provider import SocialAdapter
from tests.openid.journey import CALLBACK_URL, SIGN_IN_URL, leave, parameters
from tests.openid.liar import ANOTHER_KEY, CURVE_JWK, CURVE_KEY, RSA_JWK, Liar, lying
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, give_password, text_of
from tests.postgresql import free_port

pytestmark = pytest.mark.django_db

DESCRIPTION = "/.well-known/openid-configuration"
SECRET = "a secret of the tests, which is long enough for HS256"
# JSON can hold it, as the escape of one surrogate of a pair; UTF-8 cannot.
HALF_A_CHARACTER = "\ud800"
NESTED, LONG_NUMBER = b"[" * 100_000, b"1" * 5_000


@pytest.fixture
def liar(settings: Any, alice: User) -> Iterator[Liar]:
    """A provider that says what a test wants; alice is connected to s1 there."""
    cache.clear()
    with lying() as provider:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = provider.issuer, "tokens"
        settings.OIDC_CLIENT_SECRET = SECRET
        SocialAccount.objects.create(user=alice, provider=provider.issuer, uid="s1")
        yield provider


def answer(client: Client, liar: Liar, **said: Any) -> Any:
    """What the product answers to a sign-in whose ID token has these claims."""
    asked = parameters(leave(client))
    liar.gives(liar.id_token(**({"nonce": asked["nonce"]} | said)))
    return client.get(CALLBACK_URL, {"code": "c", "state": asked["state"]})


def is_unusable(response: Any, client: Client) -> bool:
    """Whether the product says that the provider cannot be used, and nobody is signed in."""
    said = "localhost is unavailable" in text_of(response)
    return said and response.status_code == 503 and "_auth_user_id" not in client.session


def test_what_holds_is_believed(liar: Liar, client: Client) -> None:
    assert answer(client, liar).headers["Location"] == AFTER_SIGN_IN


@pytest.mark.parametrize(
    "said",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": ["another"]},
        {"azp": "another"},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"iat": 99_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"sub": "s" * 192},
        {"sub": 1},
        {"sub": HALF_A_CHARACTER},
        {"sub": "s\x001"},
        {"nonce": HALF_A_CHARACTER},
        {"auth_time": 99_999_999_999},
        {"auth_time": "1"},
        {"auth_time": True},
        pytest.param({"key": ANOTHER_KEY}, id="another key"),
        {"kid": "unknown"},
        {"key": SECRET, "algorithm": "HS256"},
        {"key": "", "algorithm": "none"},
    ],
    ids=ascii,
)
def test_an_id_token_that_does_not_hold_signs_nobody_in(liar: Liar, client: Client, said: dict[str, Any]) -> None:
    assert is_unusable(answer(client, liar, **said), client)


def test_an_id_token_for_several_clients_must_be_for_this_one_first(liar: Liar, client: Client) -> None:
    assert is_unusable(answer(client, liar, aud=["tokens", "another"]), client)
    assert answer(client, liar, aud=["tokens", "another"], azp="tokens").status_code == 302


@pytest.mark.parametrize(
    ("keys", "said", "is_believed"),
    [
        ([RSA_JWK, CURVE_JWK], {"key": CURVE_KEY, "algorithm": "ES256", "kid": "2"}, True),
        ([RSA_JWK], {"kid": None}, True),
        ([RSA_JWK, CURVE_JWK], {"kid": None}, False),
        ([RSA_JWK | {"use": "enc"}], {}, False),
        ([], {}, False),
    ],
)
def test_the_key_is_the_one_that_the_provider_shows_for_it(
    liar: Liar, client: Client, keys: list[Any], said: dict[str, Any], is_believed: bool
) -> None:
    liar.documents["/keys"] = {"keys": keys}
    response = answer(client, liar, **said)
    assert response.status_code == 302 if is_believed else is_unusable(response, client)


def test_userinfo_about_somebody_else_is_not_believed(liar: Liar, client: Client) -> None:
    liar.documents["/userinfo"] = {"sub": "s2", "preferred_username": "alice"}
    assert is_unusable(answer(client, liar), client)


def test_a_provider_without_userinfo_says_all_in_the_id_token(liar: Liar, client: Client) -> None:
    del liar.documents[DESCRIPTION]["userinfo_endpoint"]
    assert answer(client, liar).status_code == 302


def test_an_address_and_its_verification_are_not_put_together_from_two_places(liar: Liar, client: Client) -> None:
    SocialAccount.objects.all().delete()
    User.objects.update(email="alice@example.com")
    liar.documents["/userinfo"] |= {"email": "mallory@example.com", "email_verified": True}
    assert answer(client, liar, email="alice@example.com").status_code == 403
    assert answer(client, liar, email="alice@example.com", email_verified=True).status_code == 302


@pytest.mark.parametrize("path", ["/keys", "/token", "/userinfo"])
@pytest.mark.parametrize("document", [NESTED, LONG_NUMBER], ids=["nested", "long number"])
def test_json_that_cannot_be_read_is_no_answer(liar: Liar, client: Client, path: str, document: bytes) -> None:
    asked = parameters(leave(client))
    liar.gives(liar.id_token(nonce=asked["nonce"]))
    liar.documents[path] = document
    assert is_unusable(client.get(CALLBACK_URL, {"code": "c", "state": asked["state"]}), client)


def test_ava4_an_answer_that_comes_byte_by_byte_is_given_up(liar: Liar, client: Client, settings: Any) -> None:
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.2
    liar.pause = 0.002
    assert is_unusable(client.post(SIGN_IN_URL), client)


def test_ava4_an_answer_without_end_is_given_up(liar: Liar, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.single_sign_on.provider.LONGEST_ANSWER", 100)
    assert is_unusable(client.post(SIGN_IN_URL), client)


def test_an_answer_that_breaks_off_is_none(liar: Liar, client: Client) -> None:
    liar.left_out = 1
    assert is_unusable(client.post(SIGN_IN_URL), client)


def test_a_claim_that_is_no_text_is_as_none(liar: Liar, client: Client, settings: Any) -> None:
    settings.OIDC_CREATE_USERS = True
    del liar.documents[DESCRIPTION]["userinfo_endpoint"]
    assert answer(client, liar, sub="s2", preferred_username=HALF_A_CHARACTER).status_code == 403
    assert answer(client, liar, sub="s2", preferred_username="bob", name=HALF_A_CHARACTER).status_code == 302
    assert User.objects.get(username="bob").name == ""


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c", HALF_A_CHARACTER], ids=ascii)
def test_an_answer_without_an_id_token_signs_nobody_in(liar: Liar, client: Client, token: str | None) -> None:
    asked = parameters(leave(client))
    liar.gives(token)
    assert is_unusable(client.get(CALLBACK_URL, {"code": "c", "state": asked["state"]}), client)


@pytest.mark.parametrize("document", [{"error": "invalid_client"}, [], "x", None, b"{"])
def test_a_code_that_the_provider_does_not_take_signs_nobody_in(liar: Liar, client: Client, document: Any) -> None:
    asked = parameters(leave(client))
    liar.documents["/token"] = document
    assert is_unusable(client.get(CALLBACK_URL, {"code": "c", "state": asked["state"]}), client)


def test_an_answer_that_says_not_what_it_is_signs_nobody_in(liar: Liar, client: Client) -> None:
    asked = parameters(leave(client))
    liar.headers = {}
    liar.gives(liar.id_token(nonce=asked["nonce"]))
    assert is_unusable(client.get(CALLBACK_URL, {"code": "c", "state": asked["state"]}), client)


def test_an_answer_of_another_provider_is_not_taken_for_this_ones(liar: Liar, client: Client) -> None:
    asked = parameters(leave(client))
    liar.gives(liar.id_token(nonce=asked["nonce"]))
    query = {"code": "c", "state": asked["state"], "iss": "https://other.example"}
    assert is_unusable(client.get(CALLBACK_URL, query), client)
    assert "/token" not in [path for path, _form in liar.asked]


def without(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda document: {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    "change",
    [
        without("issuer"),
        without("token_endpoint"),
        without("authorization_endpoint"),
        without("jwks_uri"),
        lambda document: document | {"issuer": document["issuer"] + "/"},
        lambda document: document | {"token_endpoint": "file:///etc/passwd"},
        lambda document: document | {"jwks_uri": ["x"]},
        lambda document: document | {"jwks_uri": "http://["},
        lambda document: document | {"authorization_endpoint": f"http://{HALF_A_CHARACTER}/"},
        lambda document: [document],
        lambda _document: None,
        lambda _document: b"<html>",
    ],
)
def test_a_description_that_does_not_hold_is_not_used(liar: Liar, client: Client, change: Callable[[Any], Any]) -> None:
    liar.documents[DESCRIPTION] = change(liar.documents[DESCRIPTION])
    assert is_unusable(client.post(SIGN_IN_URL), client)


def test_userinfo_may_not_lead_elsewhere(liar: Liar, client: Client) -> None:
    liar.documents[DESCRIPTION]["userinfo_endpoint"] = "https://elsewhere.example/"
    assert is_unusable(answer(client, liar), client)


def test_the_secret_follows_no_redirect(liar: Liar, client: Client) -> None:
    asked = parameters(leave(client))
    with lying() as elsewhere:
        liar.status = 307
        liar.headers["Location"] = f"{elsewhere.issuer}/token"
        assert is_unusable(client.get(CALLBACK_URL, {"code": "c", "state": asked["state"]}), client)
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("said", "in_the_form"),
    [
        ({}, False),
        ({"token_endpoint_auth_methods_supported": None}, False),
        ({"token_endpoint_auth_methods_supported": 1}, False),
        ({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}, False),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]}, True),
    ],
)
def test_the_secret_is_shown_as_the_provider_wants_it(
    liar: Liar, client: Client, said: dict[str, Any], in_the_form: bool
) -> None:
    liar.documents[DESCRIPTION] |= said
    assert answer(client, liar).status_code == 302
    (shown,) = [form for path, form in liar.asked if path == "/token"]
    assert ("Basic " in shown, "client_secret=" in shown) == (not in_the_form, in_the_form)
    assert "code_verifier=" in shown


def test_where_the_provider_is_down_a_page_says_so_and_the_password_works(
    settings: Any, alice: User, log_lines: list[str]
) -> None:
    cache.clear()
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = (
        f"http://localhost:{free_port()}",
        "x",
        "y",
    )
    client = Client()
    response = client.post(SIGN_IN_URL)
    assert is_unusable(response, client)
    assert "Sign in with your password, or try again later." in text_of(response)
    assert [line for line in log_lines if "the OpenID Connect provider cannot be used: ConnectionError" in line]
    give_password(alice)
    login = {"login": "alice", "password": "correct horse battery staple"}
    assert client.post(LOGIN_URL, login).status_code == 302


def test_nothing_that_the_provider_gives_or_that_proves_who_we_are_is_logged(
    liar: Liar, client: Client, log_lines: list[str]
) -> None:
    asked = parameters(leave(client))
    liar.gives(liar.id_token(nonce=asked["nonce"], sub="s2"))
    given = liar.documents["/token"]["id_token"]
    client.get(CALLBACK_URL, {"code": "a-code-of-the-test", "state": asked["state"]})
    everything = "\n".join(log_lines)
    for secret in (SECRET, given, "a-code-of-the-test"):
        assert secret not in everything


@pytest.mark.parametrize(("provider", "count"), [(None, 1), ("openid_connect", 1), ("https://other.example", 0)])
def test_the_settings_alone_say_which_provider_there_is(liar: Liar, rf: Any, provider: str | None, count: int) -> None:
    adapter = SocialAdapter()
    assert len(adapter.list_apps(rf.get("/"), provider=provider)) == count
    assert len(adapter.list_apps(rf.get("/"), client_id="another")) == 0
    assert adapter.is_open_for_signup(rf.get("/"), None) is False


def test_without_a_provider_in_the_settings_there_is_none(db: None, rf: Any) -> None:
    assert SocialAdapter().list_apps(rf.get("/")) == []
    for address in (SIGN_IN_URL, CALLBACK_URL):
        assert Client().get(address).status_code == 404
