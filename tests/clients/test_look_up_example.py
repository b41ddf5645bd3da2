"""T76: the example for scanners finds what is live without sending it, and reports it alone."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from reference_tokens.models import LeakReport, ReferenceToken
from reference_tokens.token_values import token_format
from tests.factories import issued_pat
from tests.gunicorn import gunicorn
from tests.introspection import INACTIVE
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "secret-scanning" / "look_up.py"
PLACE = "https://paste.example/raw/42"


def test_t76_the_example_reports_what_is_live_and_nothing_else(
    server: Any, alice: User, application: TrustedApplication, settings: Any, tmp_path: Path
) -> None:
    before = issued_pat(alice, application)
    settings.LEAK_LOOKUP = True
    found = issued_pat(alice, application)
    # More than a lookup takes, with one that has no second digest.
    candidates = [*(token_format.generate() for _number in range(150)), before.plaintext, found.plaintext]
    with gunicorn(tmp_path, LEAK_LOOKUP="True") as service:
        address = f"http://localhost:{service.port}"
        done = subprocess.run(
            [sys.executable, EXAMPLE, address, PLACE],
            input="\n".join(candidates),
            capture_output=True,
            check=True,
            text=True,
        )
        assert service.introspect(server, found.plaintext).body == INACTIVE
        assert service.introspect(server, before.plaintext).body != INACTIVE
    assert done.stdout == f"{found.plaintext[:9]}…{found.plaintext[-4:]} was live, and is reported\n"
    assert list(ReferenceToken.objects.exclude(exposed_at=None)) == [found.token]
    assert LeakReport.objects.get().place == PLACE


def test_the_example_waits_where_it_asks_too_often() -> None:
    statuses = [429, 200]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(statuses.pop(0))
            self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(json.dumps({prefix: [] for prefix in asked["prefixes"]}).encode())

        def log_message(self, *_given: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        command = [sys.executable, str(EXAMPLE), f"http://127.0.0.1:{server.server_port}", PLACE]
        done = subprocess.run(command, input="a candidate", capture_output=True, check=False, text=True, timeout=60)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (done.returncode, done.stdout, done.stderr, statuses) == (0, "", "", [])
