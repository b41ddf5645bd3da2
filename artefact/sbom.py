"""What the artefact is made of, as CycloneDX (ECMA-424): the packages that the lock file pins, and what it carries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

NAME = "reference-tokens"
LICENCE = "MIT"
# An entry of a lock file, without its hashes.
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)


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
    """The packages for Python, which pip installs beside the artefact."""
    for name, version in PINNED.findall(lock_file.read_text()):
        yield component(name, version, "pypi", licence_of(name))


def carried(static_files: Path) -> Iterable[Component]:
    """What others wrote and the artefact carries; licences/ holds their texts."""
    htmx = (static_files / "django_htmx" / "htmx-2.min.js").read_text()
    (version,) = re.findall(r'version:"([0-9.]+)"', htmx)
    return [
        component("htmx.org", version, "npm", "0BSD"),
        component("@tabler/icons", None, "npm", "MIT"),
        component("@github/webauthn-json", None, "npm", "MIT"),
    ]


def component(
    name: str, version: str | None, kind: str, licence: str, what: ComponentType = ComponentType.LIBRARY
) -> Component:
    """A part, known by the registry that has it."""
    namespace, _slash, last = name.rpartition("/")
    purl = PackageURL(kind, namespace or None, last, version)
    return Component(name=name, version=version, purl=purl, bom_ref=str(purl), type=what, licenses=licences(licence))


def licences(told: str) -> list[License]:
    """The licence as SPDX knows it, else in the words of the package; none where it says nothing."""
    return [LicenseFactory().make_from_string(told)] if told else []


def licence_of(package: str) -> str:
    """What a package that is installed here says of its licence; empty where another system needs it, and not this."""
    try:
        told = metadata(package)
    except PackageNotFoundError:
        return ""
    as_classifiers = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier", []) if "License ::" in line]
    return ", ".join(told.get_all("License-Expression") or as_classifiers)
