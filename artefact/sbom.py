"""What the artefact is made of, as CycloneDX (ECMA-424): the packages that the lock file pins, and what it carries."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

NAME = "reference-tokens"
LICENCE = "MIT"
# An entry of a lock file, with its hashes.
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)((?:.*\\\n)+.*)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# What those are under that say it in other words than SPDX, or that no system needs on which this is built.
IN_SPDX = {
    "asgiref": "BSD-3-Clause",
    "async-timeout": "Apache-2.0",
    "brotli": "MIT",
    "certifi": "MPL-2.0",
    "charset-normalizer": "MIT",
    "colorama": "BSD-3-Clause",
    "django-allauth": "MIT",
    "django-csp": "BSD-3-Clause",
    "django-ninja": "MIT",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    "oauthlib": "BSD-3-Clause",
    "pyyaml": "MIT",
    "qrcode": "BSD-3-Clause AND MIT",
    "requests": "Apache-2.0",
    "rich": "MIT",
    "sqlparse": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
}


def bill_of_materials(version: str, lock_file: Path, static_files: Path) -> str:
    """The document: the same for the same files, on every machine and at any time."""
    itself = component(NAME, version, "pypi", LICENCE, ComponentType.APPLICATION)
    parts = [*packages(lock_file), *carried(static_files)]
    bom = Bom(components=parts, serial_number=uuid5(NAMESPACE_URL, f"pkg:pypi/{NAME}@{version}"))
    bom.metadata.component = itself
    bom.metadata.timestamp = None  # type: ignore[assignment] # the document may do without, the library always has one
    bom.register_dependency(itself, parts)
    return str(JsonV1Dot6(bom).output_as_string(indent=1)) + "\n"


def packages(lock_file: Path) -> Iterator[Component]:
    """The packages for Python, which pip installs beside the artefact, each with the hashes that pip takes.

    Raises `KeyError` where it is not known under which licence one is.
    """
    for name, version, rest in PINNED.findall(lock_file.read_text()):
        package = component(name, version, "pypi", licence_of(name))
        package.external_references.add(
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(str(package.purl)),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=found) for found in HASH.findall(rest)],
            )
        )
        yield package


def carried(static_files: Path) -> Sequence[Component]:
    """What others wrote and the artefact carries, with the hash of its file; licences/ holds their texts."""
    return [
        file(static_files / "django_htmx" / "htmx-2.min.js", r'version:"([0-9.]+)"', "htmx.org", "0BSD"),
        file(static_files / "icons.svg", r"Tabler Icons ([0-9.]+)", "@tabler/icons", "MIT"),
    ]


def file(path: Path, version: str, name: str, licence: str) -> Component:
    """A file of a package for browsers, which says its version itself."""
    content = path.read_bytes()
    (found,) = re.findall(version, content.decode())
    part = component(name, found, "npm", licence)
    part.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(content).hexdigest()))
    return part


def component(
    name: str, version: str, kind: str, licence: str, what: ComponentType = ComponentType.LIBRARY
) -> Component:
    """A part, known by the registry that has it."""
    namespace, _slash, last = name.rpartition("/")
    purl = PackageURL(kind, namespace or None, last, version)
    licences = [LicenseFactory().make_from_string(licence)]
    return Component(name=name, version=version, purl=purl, bom_ref=str(purl), type=what, licenses=licences)


def licence_of(package: str) -> str:
    """Under which licence the package is, as an expression of SPDX; `KeyError` where nobody knows."""
    try:
        told = metadata(package).get_all("License-Expression")
    except PackageNotFoundError:
        told = None
    return str(told[0]) if told else IN_SPDX[package]
