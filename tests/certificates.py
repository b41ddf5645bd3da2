"""Certificates of an authority of the tests' own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

NEW_KEY = (
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
)


class Certificate(NamedTuple):
    """The files of a certificate and its key."""

    path: Path
    key: Path


def authority(folder: Path, name: str) -> Certificate:
    """One that signs others."""
    return issued(folder, name, "-addext", "keyUsage=critical,keyCertSign")


def certificate(folder: Path, name: str, by: Certificate) -> Certificate:
    """One of this name, as a host and as a user, that the authority has signed."""
    signed = ("-CA", str(by.path), "-CAkey", str(by.key))
    return issued(
        folder, name, *signed, "-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=CA:false"
    )


def issued(folder: Path, name: str, *options: str) -> Certificate:
    """A certificate of this name."""
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    command = [*NEW_KEY, "-subj", f"/CN={name}", "-out", str(made.path), "-keyout", str(made.key), *options]
    subprocess.run(command, check=True, capture_output=True)
    return made
