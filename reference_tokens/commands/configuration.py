"""What the commands for configuration files share: reading a file, who acts, and where new secrets go."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Error
from reference_tokens.configuration.errors import NotValid
from reference_tokens.configuration.files import MOST_CHARACTERS, configuration_in
from reference_tokens.configuration.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_tokens.configuration.document import Configuration
    from reference_tokens.configuration.plan import Secret


def configuration_given(name: str) -> Configuration:
    """The configuration in the file of this name, or on standard input for `-`; raises `Error`."""
    try:
        if name == "-":
            text = sys.stdin.read(MOST_CHARACTERS + 1)
        else:
            with Path(name).open(encoding="utf-8") as file:
                text = file.read(MOST_CHARACTERS + 1)
        return configuration_in(text)
    except (OSError, ValueError) as error:
        raise Error(f"{name} cannot be read: {error}.") from error
    except NotValid as refused:
        raise Error(f"{name}: {refused}") from refused


def operators_run(options: dict[str, Any]) -> Run:
    """A run by the operator of this machine."""
    return Run(OPERATOR, timezone.now(), options["existing_tokens"])


class SecretsFile:
    """Where new secrets go; nowhere, where no file was asked for."""

    def __init__(self, file: IO[str] | None) -> None:
        self._file = file

    def keep(self, secrets: list[Secret]) -> None:
        """Write the secrets, and wait until they are on the disk."""
        if self._file is not None:
            json.dump([secret.members for secret in secrets], self._file, indent=2)
            self._file.flush()
            os.fsync(self._file.fileno())


@contextmanager
def private_file(path: Path | None) -> Iterator[SecretsFile]:
    """A new file that its owner alone reads; it is gone where the block fails.

    Raises `Error` where it is there already, or cannot be written.
    """
    if path is None:
        yield SecretsFile(None)
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Error(f"--secrets-to: {path} cannot be made: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield SecretsFile(file)
    except BaseException as error:
        path.unlink()
        if isinstance(error, OSError):
            raise Error(f"--secrets-to: {path} cannot be written: {error}. Nothing was done.") from error
        raise
