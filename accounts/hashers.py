"""How passwords are hashed: Argon2id, over one spelling of what was typed."""

from __future__ import annotations

import unicodedata

from django.contrib.auth.hashers import Argon2PasswordHasher

# Far above what anybody types or a program makes up (NIST asks for 64), and far below what is work to read.
LONGEST_PASSWORD = 1024


class NormalizingHasher(Argon2PasswordHasher):
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
