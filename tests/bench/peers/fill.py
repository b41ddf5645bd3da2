"""`python -m tests.bench.peers.fill FILE TOTAL`: give every peer the tokens of the file, and others up to the total."""

from __future__ import annotations

import datetime
import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import django

PEOPLE = 20_000
LATER = datetime.timedelta(days=90)


def main(file: str, total: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.peers.settings")
    django.setup()
    from django.core.management import call_command

    from tests.bench.seed.bulk import in_a_hurry

    call_command("migrate", verbosity=0)
    # Authlib's models are the project's own, here without migrations.
    call_command("migrate", verbosity=0, run_syncdb=True)
    tokens = Path(file).read_text().split()[: int(total)]
    tokens += [
        f"enrt_{hashlib.sha256(b'%d' % number).hexdigest().upper()}" for number in range(len(tokens), int(total))
    ]
    with in_a_hurry():
        store(tokens)


def store(tokens: list[str]) -> None:
    """The same tokens, each peer in its own tables."""
    from django.contrib.auth.models import User

    from tests.bench.seed.bulk import insert

    count = min(PEOPLE, len(tokens))
    insert(User, ("username", "password"), ((f"person{number}", "!") for number in range(count)))
    people = list(User.objects.values_list("pk", flat=True))
    held = [(token, people[number % count]) for number, token in enumerate(tokens)]
    for fill in (store_toolkit, store_knox, store_api_keys, store_authlib):
        fill(held)


def store_toolkit(held: list[tuple[str, Any]]) -> None:
    """Besides, the token by which a Resource Server asks, as the documentation of the toolkit has it."""
    from django.utils import timezone
    from oauth2_provider.models import AccessToken, Application

    from tests.bench.peers import ASKING
    from tests.bench.seed.bulk import insert

    application = Application.objects.create(
        name="Excel", client_type="confidential", authorization_grant_type="client-credentials"
    )
    expires = timezone.now() + LATER
    rows = [(ASKING, held[0][1], "introspection"), *((token, person, "read") for token, person in held)]
    insert(
        AccessToken,
        ("token", "token_checksum", "user", "application", "expires", "scope", "created", "updated"),
        (
            (
                token,
                hashlib.sha256(token.encode()).hexdigest(),
                person,
                application.pk,
                expires,
                scope,
                expires,
                expires,
            )
            for token, person, scope in rows
        ),
    )


def store_knox(held: list[tuple[str, Any]]) -> None:
    from django.utils import timezone
    from knox.crypto import hash_token
    from knox.models import AuthToken
    from knox.settings import CONSTANTS

    from tests.bench.seed.bulk import insert

    now = timezone.now()
    rows = (
        (hash_token(token), token[: CONSTANTS.TOKEN_KEY_LENGTH], person, now, now + LATER) for token, person in held
    )
    insert(AuthToken, ("digest", "token_key", "user", "created", "expiry"), rows)


def store_api_keys(held: list[tuple[str, Any]]) -> None:
    """A key's prefix is unique and eight characters long: of two tokens that begin alike only one becomes a key."""
    from django.utils import timezone
    from rest_framework_api_key.models import APIKey

    from tests.bench.peers import api_key_of
    from tests.bench.seed.bulk import insert

    generator, now = APIKey.objects.key_generator, timezone.now()
    keys = {key.partition(".")[0]: key for key in (api_key_of(token) for token, _person in held)}
    hashed = ((prefix, generator.hash(key)) for prefix, key in keys.items())
    insert(
        APIKey,
        ("id", "prefix", "hashed_key", "name", "created"),
        ((f"{prefix}.{digest}", prefix, digest, "key", now) for prefix, digest in hashed),
    )


def store_authlib(held: list[tuple[str, Any]]) -> None:
    from tests.bench.peers import CLIENT
    from tests.bench.peers.oauth.models import OAuth2Client, OAuth2Token
    from tests.bench.seed.bulk import insert

    OAuth2Client.objects.create(client_id=CLIENT[0], client_secret=CLIENT[1])
    now, names = (
        int(time.time()),
        ("user", "client_id", "token_type", "access_token", "issued_at", "expires_in", "scope"),
    )
    rows = ((person, CLIENT[0], "Bearer", token, now, 90 * 86_400, "read") for token, person in held)
    insert(OAuth2Token, names, rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
