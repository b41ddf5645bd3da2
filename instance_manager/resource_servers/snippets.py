"""Ready configurations for a Resource Server, made from the files that the tests run (docs/snippets/)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy

# The values in the files that differ from one instance and server to the next.
EXAMPLE_BASE_URL = "https://tokens.example.com"
EXAMPLE_HOST = "tokens.example.com"
EXAMPLE_CLIENT_ID = "rs_0123456789abcdef0123"
FOLDER = settings.RESOURCES / "docs" / "snippets"
NAMES = {
    "curl.sh": "curl",
    "nginx.conf": "nginx",
    "Caddyfile": "Caddy",
    "haproxy.cfg": "HAProxy",
    "haproxy-auth.lua": gettext_lazy("HAProxy, its Lua file"),
    "envoy.yaml": "Envoy",
    "traefik.yaml": "Traefik",
    "apache.conf": "Apache mod_auth_openidc",
    "fastapi_app.py": "FastAPI",
    "drf_authentication.py": "Django REST framework",
    "express.mjs": "Express",
    "spring.yaml": "Spring Security",
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """One configuration, and the program it is for."""

    name: str
    file: str
    text: str


@cache
def snippet_files() -> dict[str, str]:
    """The files that exist, in the order of `NAMES`; they are read once."""
    return {file: (FOLDER / file).read_text() for file in NAMES if (FOLDER / file).exists()}


def snippets_for(client_id: str) -> list[Snippet]:
    """The configurations with this server's id and this instance's address; never with a secret."""
    return [Snippet(str(NAMES[file]), file, with_own_values(text, client_id)) for file, text in snippet_files().items()]


def with_own_values(text: str, client_id: str) -> str:
    """The text with this server's id and this instance's address, or its host where the text names only that."""
    with_address = text.replace(EXAMPLE_BASE_URL, settings.BASE_URL).replace(EXAMPLE_CLIENT_ID, client_id)
    return with_address.replace(EXAMPLE_HOST, urlsplit(settings.BASE_URL).hostname or "")
