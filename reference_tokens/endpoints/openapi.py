"""The description of the machine endpoints for programs (OpenAPI 3.1)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from reference_tokens.endpoints.http import encoded, json_answer, machine_endpoint
from reference_tokens.endpoints.metadata import CACHEABLE

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

FILE = Path(__file__).with_name("openapi.json")


@machine_endpoint("GET", "HEAD")
def openapi(_request: HttpRequest) -> HttpResponse:
    """What every machine address takes and answers."""
    return json_answer(document(settings.BASE_URL), headers={"Cache-Control": CACHEABLE})


@cache
def document(base_url: str) -> bytes:
    """The file, with this instance's address; made once."""
    return encoded(json.loads(FILE.read_text()) | {"servers": [{"url": base_url}]})
