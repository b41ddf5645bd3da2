"""The file of an instance: applying it changes nothing."""

from __future__ import annotations

from typing import Any

import yaml

from reference_tokens.configuration.document import Configuration
from reference_tokens.configuration.kinds import KINDS


def exported() -> dict[str, Any]:
    """The configuration of this instance, without what is the default."""
    document = {kind.section: [kind.state(row) for row in kind.stored().values()] for kind in KINDS}
    return Configuration.model_validate(document).model_dump(exclude_defaults=True)


def as_yaml(document: dict[str, Any]) -> str:
    """The document as YAML."""
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))
