"""The secret keys of the service: read from the environment, or made once where that is safe."""

from __future__ import annotations

import os
import secrets
from collections.abc import Container
from pathlib import Path
from urllib.parse import unquote

from tokens_project.environment.values import refuse, text, words

MINIMUM_KEY_LENGTH = 32
MINIMUM_SECRET_KEY_LENGTH = 50
MINIMUM_DISTINCT_CHARACTERS = 10


def required_keys(
    name: str, *, minimum_length: int, generated_into: Path | None, missing: Container[Path] = ()
) -> list[str]:
    """The keys of setting `name`, newest first.

    Where `generated_into` names a file, a missing setting is read from it, and the file is made if there is none. Where
    it is among the `missing`, it is not, and the key is of this process alone.
    Without it a missing setting stops the start. A weak key always does (ASVS v5.0.0-13.3.1).
    """
    keys = words(name, [])
    if not keys and generated_into is not None:
        try:
            keys = [random_key() if generated_into in missing else generated_key(generated_into)]
        except (OSError, UnicodeError):
            refuse(name, "its file in DATA_DIR can be neither read nor made.")
    if not keys:
        refuse(name, f"set it: a random text of at least {minimum_length} characters, kept outside the database.")
    return checked(name, keys, minimum_length)


def generated_files(folder: Path) -> list[Path]:
    """The files of the keys that no setting gives, each of which the first `migrate` makes in this folder."""
    return [folder / name.lower() for name in ("SECRET_KEY", "TOKEN_HASH_KEYS") if not text(name, "")]


def optional_keys(name: str, *, minimum_length: int) -> list[str]:
    """The keys of setting `name`, or none; a weak one stops the start, since it would be accepted all the same."""
    return checked(name, words(name, []), minimum_length)


def optional_header_key(name: str) -> str:
    """A key that is sent in a header, or none; a weak one stops the start."""
    key = text(name, "")
    if key and len(key) < MINIMUM_KEY_LENGTH:
        refuse(name, f"too weak: give at least {MINIMUM_KEY_LENGTH} random characters.")
    if not key.isascii():
        refuse(name, "give ASCII characters alone: a header takes no others.")
    return key


def checked(name: str, keys: list[str], minimum_length: int) -> list[str]:
    """The same keys; a weak one stops the start, and so does one that stands there twice."""
    if any(is_weak(key, minimum_length) for key in keys):
        refuse(name, f"too weak: each key needs at least {minimum_length} random characters.")
    if len(set(keys)) != len(keys):
        refuse(name, "the same key stands in it twice.")
    return keys


def require_separate_keys(keys: dict[str, list[str]], *, others: tuple[str, ...]) -> None:
    """Stop the start where a key of one setting stands in another: who learns the one would have both.

    `others`: settings with secrets for other servers, where a key may stand as a part.
    """
    texts = keys | {name: [unquote(text(name, ""))] for name in others}
    for name, values in keys.items():
        for other, found in texts.items():
            if other != name and any(key in held for key in values for held in found):
                refuse(other, f"a key of {name} stands in it; give each a random text of its own.")


def is_weak(key: str, minimum_length: int) -> bool:
    """Whether a key is short, repetitive, or Django's own placeholder."""
    return (
        len(key) < minimum_length or len(set(key)) < MINIMUM_DISTINCT_CHARACTERS or key.startswith("django-insecure-")
    )


def random_key() -> str:
    """A key that nobody guesses."""
    return secrets.token_urlsafe(64)


def generated_key(path: Path) -> str:
    """The key in the file, which is made first where it is missing: 0600, whole, and by exactly one process."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(random_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # A hard link fails where the name exists: of two processes that start together, one wins and
            # both read the same whole key.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
