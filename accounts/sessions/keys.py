"""What the database knows a session by: a digest of what its cookie holds, so that no copy of it opens one (T77)."""

from __future__ import annotations

import hashlib

# Digits of SHA-256, as many as the column takes: 160 bits.
DIGEST_LENGTH = 40


def stored_key(session_key: str | None) -> str:
    """The digest of a session's key, which has 165 random bits and needs no stretching; empty where there is none."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:DIGEST_LENGTH] if session_key else ""
