"""The description of the machine endpoints for programs (OpenAPI 3.1)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from reference_tokens.endpoints.answers import encoded, json_answer
from reference_tokens.endpoints.http import machine_endpoint
from reference_tokens.endpoints.metadata import CACHEABLE

if TYPE_CHECKING:
    from reference_tokens.endpoints.answers import Answer
    from reference_tokens.endpoints.requests import Request

FILE = Path(__file__).with_name("openapi.json")


@machine_endpoint("GET", "HEAD")
def openapi(_request: Request) -> Answer:
    """What every machine address takes and answers."""
    return json_answer(document(settings.BASE_URL), cache_control=CACHEABLE)


@cache
def document(base_url: str) -> bytes:
    """The file, with this instance's address; made once."""
    return encoded(json.loads(FILE.read_text()) | {"servers": [{"url": base_url}]})
