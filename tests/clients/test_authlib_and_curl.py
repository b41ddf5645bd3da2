"""The snippets of the guides for APIs: Authlib and curl."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2 as httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc6749.requests import OAuth2Request
from authlib.oauth2.rfc6750.errors import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc7662 import IntrospectTokenValidator

from tests.clients.snippets import snippet
from tests.command_line import BASE_DIR
from tests.service import Service

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("--user", "alice", "--scopes", "read update")


# Authlib, both ways round


def test_authlib_introspects(service: Service, token: str) -> None:
    with OAuth2Client(service.secrets["client_id"], service.secrets["client_secret"]) as session:
        answer = session.introspect_token(f"{service.address}/oauth/introspect", token=token)
    assert answer.json()["username"] == "alice"


class Validator(IntrospectTokenValidator):
    """As Authlib's documentation has it."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service

    def introspect_token(self, token_string: str) -> dict[str, Any]:
        data = {"token": token_string, "token_type_hint": "access_token"}
        auth = (self.service.secrets["client_id"], self.service.secrets["client_secret"])
        answer = httpx.post(f"{self.service.address}/oauth/introspect", data=data, auth=auth)
        return dict(answer.raise_for_status().json())


def test_authlib_protects_a_resource(service: Service, token: str) -> None:
    validator = Validator(service)
    request = OAuth2Request("GET", "https://api.example.com/")
    good = validator.authenticate_token(token)
    validator.validate_token(good, ["read"], request)
    with pytest.raises(InsufficientScopeError):
        validator.validate_token(good, ["delete"], request)
    with pytest.raises(InvalidTokenError):
        validator.validate_token(validator.authenticate_token("enrt_no"), ["read"], request)


def every_letter_encoded(part: str) -> str:
    return "".join(f"%{ord(character):02X}" for character in part)


def test_both_parts_of_basic_may_be_percent_encoded(service: Service, token: str) -> None:
    parts = (service.secrets["client_id"], service.secrets["client_secret"])
    encoded = (every_letter_encoded(parts[0]), every_letter_encoded(parts[1]))
    assert tuple(unquote(part) for part in encoded) == parts
    answer = httpx.post(f"{service.address}/oauth/introspect", data={"token": token}, auth=encoded)
    assert answer.json()["scope"] == "read update"


# curl


def test_curl_asks_with_its_secret_in_a_file(tmp_path: Path, service: Service, token: str) -> None:
    text = snippet("curl.sh", service.address, service.secrets["client_id"])
    (line,) = [line for line in text.splitlines() if line.startswith("#   user = ")]
    settings = line.removeprefix("#   ").replace("enrs_…", service.secrets["client_secret"])
    (tmp_path / ".reference-tokens.curl").write_text(settings + "\n")
    environment = {"HOME": str(tmp_path), "TOKEN": token, "PATH": os.environ["PATH"]}
    outcome = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, timeout=30, check=True)
    assert json.loads(outcome.stdout)["username"] == "alice"


def test_the_readmes_curl_asks_about_the_token_itself(service: Service, token: str) -> None:
    (line,) = re.findall(r"^curl .*/api/token$", (BASE_DIR / "README.md").read_text(), re.MULTILINE)
    command = line.replace("http://localhost:8000", service.address)
    environment = {"TOKEN": token, "PATH": os.environ["PATH"]}
    outcome = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, timeout=30, check=True)
    assert json.loads(outcome.stdout)["username"] == "alice"
