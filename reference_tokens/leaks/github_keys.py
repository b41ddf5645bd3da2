"""The public keys that GitHub signs its reports with: fetched where the settings say, and kept by their ids.

A key is kept until an unknown one is named. Who could forge a signature would gain nothing: anybody may report tokens.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from functools import lru_cache
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from requests import RequestException, Session

from accounts.arriving_answers import body_of

logger = logging.getLogger(__name__)

SECONDS_TO_CONNECT, SECONDS_TO_READ = 3, 5
LONGEST_ANSWER = 65_536
SECONDS_BETWEEN = 60.0
Keys = dict[str, EllipticCurvePublicKey]


class KeysUnavailable(Exception):
    """The keys could not be fetched, so that nobody can say whether a signature is good."""


class KnownKeys:
    """The keys of one address, as this process knows them. One thread at a time fetches."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._keys: Keys = {}
        self._asked_at = -math.inf
        self._was_answered = True

    def find(self, key_id: str) -> EllipticCurvePublicKey | None:
        """The key of this id; None where there is none. It is asked for anew once a minute at the most.

        Raises `KeysUnavailable` where it cannot be told.
        """
        # Anybody may name an unknown one, which is asked for: GitHub's reports do not wait for that.
        if known := self._keys.get(key_id):
            return known
        with self._lock:
            if key_id not in self._keys and time.monotonic() - self._asked_at >= SECONDS_BETWEEN:
                self._asked_at = time.monotonic()
                self._fetch()
            if key_id not in self._keys and not self._was_answered:
                raise KeysUnavailable
            return self._keys.get(key_id)

    def _fetch(self) -> None:
        """Put what the address answers in place of the keys; where it answers no keys, those there are stay."""
        self._was_answered = False
        try:
            self._keys = keys_in(fetched(self._address))
        except (RequestException, OSError, ValueError) as error:
            logger.warning("the keys for reports of leaks cannot be fetched: %s: %s", self._address, error)
        else:
            self._was_answered = True


@lru_cache(maxsize=1)
def known_keys(address: str) -> KnownKeys:
    """The keys of the address in the settings."""
    return KnownKeys(address)


def check_keys() -> str:
    """How many keys the address in the settings answers; raises as `fetched` and `keys_in`."""
    address: str = settings.LEAK_GITHUB_KEYS_URL
    return f"keys: {len(keys_in(fetched(address)))}" if address else "none"


def fetched(address: str) -> bytes:
    """What the address answers; raises `RequestException`, or `ValueError` for anything but a short 200."""
    with Session() as session:
        # Nothing of this machine goes along: no password of a .netrc.
        session.auth = lambda request: request
        waits = (SECONDS_TO_CONNECT, SECONDS_TO_READ)
        with session.get(address, timeout=waits, stream=True, allow_redirects=False) as answer:
            if answer.status_code != 200:  # noqa: PLR2004 - a status
                raise ValueError(f"it answers {answer.status_code}")
            return body_of(answer, most=LONGEST_ANSWER, seconds=SECONDS_TO_READ)


def keys_in(content: bytes) -> Keys:
    """The keys for P-256 in an answer, by their ids; raises `ValueError` where there is none."""
    try:
        document = json.loads(content)
    except RecursionError:
        raise ValueError("its answer is nested too deeply") from None
    listed = document.get("public_keys") if isinstance(document, dict) else None
    found = dict(filter(None, map(key_in, listed if isinstance(listed, list) else [])))
    if not found:
        raise ValueError("its answer holds no key")
    return found


def key_in(entry: Any) -> tuple[str, EllipticCurvePublicKey] | None:
    """The id and the key of an entry; None where it is none for P-256."""
    try:
        key = load_pem_public_key(entry["key"].encode())
        if not (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)):
            return None
        return str(entry["key_identifier"]), key
    except (ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm):
        return None
