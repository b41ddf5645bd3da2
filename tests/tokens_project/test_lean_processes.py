"""A process that only validates carries no library of the management API, some 20 MB, nor what is switched off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import BASE_DIR, environment

pytestmark = pytest.mark.once

# Serves what it is asked by the WSGI application, as a server process does, and says what it has loaded by then.
PROCESS = """
import io, json, sys
from base64 import b64encode
from urllib.parse import urlencode
from tokens_project.wsgi import application
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.utils import timezone
from accounts.audit.record import OPERATOR
from reference_tokens.lifecycle.resource_server_registration import create_resource_server
from tests.factories import ApplicationFactory, UserFactory, issued_pat

def ask(method, path, body=b"", **headers):
    said = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "CONTENT_LENGTH": str(len(body)), **headers}
    parts = application(environ, lambda status, headers, *_more: said.append(status))
    return said[0], b"".join(parts)

def loaded():
    off = {"tokens_project.logs.access", "tokens_project.tracing", "opentelemetry.instrumentation", "pythonjsonlogger"}
    return sorted(({"ninja", "pydantic", "redis"} | off) & sys.modules.keys())

server, secret = create_resource_server(actor=OPERATOR, now=timezone.now(), name="API", asks_for_all_applications=True)
token = issued_pat(UserFactory.create(), ApplicationFactory.create()).plaintext
basic = b64encode(f"{server.client_id}:{secret}".encode()).decode()
form = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_AUTHORIZATION": f"Basic {basic}"}
_status, answer = ask("POST", "/oauth/introspect", urlencode({"token": token}).encode(), **form)
forward, _answer = ask("GET", "/auth/forward", HTTP_AUTHORIZATION=f"Bearer {token}")
page, _answer = ask("GET", "/accounts/login/", HTTP_HOST="localhost:8000")
before = loaded()
called, _answer = ask("GET", "/api/v1/openapi.json")
print(json.dumps([json.loads(answer)["active"], forward, page, before, called, loaded()]))
"""


def test_a_process_that_only_validates_does_not_load_the_library_of_the_api(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROCESS],
        cwd=BASE_DIR,
        env=environment(DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="tokens_project.settings", PYTHONPATH="."),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = '[true, "200 OK", "200 OK", [], "200 OK", ["ninja", "pydantic"]]'
    assert ended.stdout.splitlines()[-1] == told
