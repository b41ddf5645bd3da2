"""How passwords are hashed: Argon2id over one spelling of what was typed, two at a time."""

from __future__ import annotations

import functools
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher

from accounts.limits.concurrency import ConcurrencyLimit

# Far longer than anybody types or a program generates (NIST asks for 64), and far shorter than what costs time to read.
LONGEST_PASSWORD = 1024
# Each hash takes 100 MB and a share of every core, and anybody may ask for one.
AT_ONCE = 2
HASHING = ConcurrencyLimit(AT_ONCE, wait_seconds=5)
Returned = TypeVar("Returned")


def lower_thread_priority() -> None:
    """Let every other thread of the machine run first, where the system can: on Linux a thread has a niceness."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


HASH_THREADS = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hash", initializer=lower_thread_priority)


def in_hash_thread(act: Callable[[], Returned]) -> Returned:
    """What the act returns, in a thread of low priority: Argon2 starts eight more, which a validation would wait for.

    Raises `Busy` where no slot becomes free.
    """
    with HASHING.slot():
        return HASH_THREADS.submit(act).result()


class BoundedHasher(Argon2PasswordHasher):
    """Argon2id, at most two hashes at a time in a process; every method that hashes raises `Busy`."""

    def encode(self, password: str, salt: str) -> str:
        """The hash of the password."""
        return in_hash_thread(functools.partial(super().encode, password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Whether this is the password."""
        return in_hash_thread(functools.partial(super().verify, password, encoded))


class NormalizingHasher(BoundedHasher):
    """Argon2id over the NFKC form, so that a password is the same on every keyboard (NIST SP 800-63B-4, 3.1.1.2).

    One system writes é as one character, another as two. The stored hash names its algorithm: plain Argon2id is
    verified without NFKC, and replaced when its person next signs in.
    """

    algorithm = "argon2_nfkc"

    def encode(self, password: str, salt: str) -> str:
        """The hash of the password."""
        return super().encode(normalized(password), salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Whether this is the password."""
        return super().verify(normalized(password), encoded)


def normalized(password: str) -> str:
    """The password in the spelling that is hashed.

    A text that is too long for a password stays as it is: the work of normalising can grow with its square.
    """
    return password if len(password) > LONGEST_PASSWORD else unicodedata.normalize("NFKC", password)
