"""How passwords are hashed: Argon2id, over one spelling of what was typed, for two people at a time."""

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

from accounts.places import Places

# Far above what anybody types or a program makes up (NIST asks for 64), and far below what is work to read.
LONGEST_PASSWORD = 1024
# Each hash takes 100 MB and a share of every core, and anybody may ask for one.
AT_ONCE = 2
HASHING = Places(AT_ONCE, patience=5)
Result = TypeVar("Result")


def give_way() -> None:
    """Let every other thread of the machine go first, as far as the system can: on Linux a thread has a niceness."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


THREADS = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hash", initializer=give_way)


def aside(act: Callable[[], Result]) -> Result:
    """What the act gives, in a thread that gives way: Argon2 starts eight more, before which a validation would wait.

    Raises `Busy` where no place becomes free.
    """
    with HASHING.one():
        return THREADS.submit(act).result()


class BoundedHasher(Argon2PasswordHasher):
    """Argon2id, of which a process makes two hashes at a time; every method that makes one raises `Busy`."""

    def encode(self, password: str, salt: str) -> str:
        """The hash of the password."""
        return aside(functools.partial(super().encode, password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Whether this is the password."""
        return aside(functools.partial(super().verify, password, encoded))


class NormalizingHasher(BoundedHasher):
    """Argon2id over the NFKC form, so that a password is the same on every keyboard (NIST SP 800-63B-4, 3.1.1.2).

    One system writes é as one character, another as two. The hash names its way: one of plain Argon2id is verified as
    it was made, and hashed this way when its person next signs in.
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

    What is longer than a password may be is nobody's, and is left: the work of normalising can grow with its square.
    """
    return password if len(password) > LONGEST_PASSWORD else unicodedata.normalize("NFKC", password)
