"""TOK-2: keyed digests."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from reference_tokens.token_values.hashing import KeyNotInRing, KeyRing, is_same_digest, key_id, plain_digest

NEW, OLD = "new-key-0123456789abcdefghijklmnopqr", "old-key-0123456789abcdefghijklmnopqr"


def test_tok2_a_digest_is_hmac_sha256_under_the_newest_key() -> None:
    assert KeyRing([NEW, OLD]).digest("enrt_X") == hmac.new(NEW.encode(), b"enrt_X", hashlib.sha256).digest()


def test_tok2_a_token_is_looked_up_under_every_key_newest_first() -> None:
    ring = KeyRing([NEW, OLD])
    assert ring.digests("enrt_X") == [KeyRing([NEW]).digest("enrt_X"), KeyRing([OLD]).digest("enrt_X")]
    assert ring.current_id == ring.ids[0] == key_id(NEW)


def test_tok2_digests_do_not_depend_on_what_was_digested_before() -> None:
    ring = KeyRing([NEW])
    first = ring.digest("one")
    ring.digest("two")
    assert ring.digest("one") == first


def test_tok2_a_digest_under_a_named_key() -> None:
    assert KeyRing([NEW, OLD]).digest("x", key_id(OLD)) == KeyRing([OLD]).digest("x")


def test_tok2_a_key_that_is_not_in_the_ring_is_an_error_and_never_another_key() -> None:
    with pytest.raises(KeyNotInRing) as refusal:
        KeyRing([NEW]).digest("x", key_id(OLD))
    assert refusal.value.args == (key_id(OLD),)


def test_tok2_a_key_id_tells_nothing_of_its_key() -> None:
    assert len(key_id(NEW)) == 16
    assert key_id(NEW) not in hashlib.sha256(NEW.encode()).hexdigest()
    assert key_id(NEW) != key_id(OLD)


def test_t3_anybody_who_has_a_value_computes_its_plain_digest() -> None:
    # NIST's example of SHA-256, FIPS 180-2 B.1.
    assert plain_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_t17_digests_are_compared_by_compare_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        calls.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert is_same_digest(b"a", b"a")
    assert not is_same_digest(b"a", b"b")
    assert calls == [(b"a", b"a"), (b"a", b"b")]
