"""The secrets that this service makes, as they are recognised in what people type (TXT-1)."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from accounts.text.secrets import register
from reference_tokens.lifecycle.resource_server_registration import SECRET_PREFIX
from reference_tokens.token_values import token_format

# 256 bits as `secrets.token_urlsafe` writes them.
SECRET_LENGTH = 43
WHOLE = re.compile(SECRET_PREFIX + rf"[A-Za-z0-9_-]{{{SECRET_LENGTH}}}", re.IGNORECASE)
# Characters, visible or not, that a line break, quotes or markup put between the parts of a secret.
BETWEEN = re.compile("[\\s\\0\u00ad\u200b-\u200d\u2060\ufeff\"'\\\\=+]+")
# The letters tell a secret from a sentence about one whose spaces are gone.
LIKE_RANDOM = re.compile(rf"(?=\S{{0,{SECRET_LENGTH}}}[0-9])(?=\S*[a-z])(?=\S*[A-Z])")


def holds_server_secret(text: str) -> bool:
    """Whether what looks like the secret of a Resource Server stands in the text, broken over lines too."""
    if WHOLE.search(text):
        return True
    found = WHOLE.search(BETWEEN.sub("", text))
    return found is not None and LIKE_RANDOM.match(found[0].removeprefix(SECRET_PREFIX)) is not None


def register_forms() -> None:
    """Let every text that people type be searched for them."""
    register(
        token_format.holds_token,
        _("This is a token. Do not enter tokens here: everyone who reads it can use it."),
    )
    register(
        holds_server_secret,
        _("This is the secret of a Resource Server. Do not enter secrets here: everyone who reads it can use it."),
    )
