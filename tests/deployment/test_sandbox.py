"""The service works with what its unit leaves it, and tells systemd when it listens."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings

from accounts.models import User
from tests import programs
from tests.deployment import sandbox
from tests.factories import PASSWORD, ApplicationFactory, ResourceServerFactory, issued_pat
from tests.gunicorn import Gunicorn, gunicorn
from tests.pages import AFTER_SIGN_IN, give_password
from tests.site_proxies import DEPLOY

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not programs.systemd_analyze(), reason="systemd is not installed"),
]

UNIT = DEPLOY / "systemd" / "reference-tokens.service"
UNDER = (sys.executable, sandbox.__file__, str(UNIT))


@pytest.mark.django_db(transaction=True)
def test_the_service_works_with_what_its_unit_leaves_it(alice: User, tmp_path: Path) -> None:
    give_password(alice)
    token, api = issued_pat(alice, ApplicationFactory.create()).plaintext, ResourceServerFactory.create()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        # Of no file, in a name space of its own.
        told.bind(f"\0{tmp_path}")
        told.settimeout(10)
        with gunicorn(tmp_path, under=UNDER, NOTIFY_SOCKET=f"@{tmp_path}") as server:
            assert told.recv(1_000).startswith(b"READY=1")
            assert b'"active": true' in server.introspect(api, token).body
            assert signed_in(server) == AFTER_SIGN_IN


def signed_in(server: Gunicorn) -> str | None:
    """Where alice gets when she signs in; her password is hashed in a thread of low priority."""
    page = server.send(b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)
    assert token
    cookie = f"Cookie: {str(page.header('Set-Cookie')).partition(';')[0]}".encode()
    typed = {"csrfmiddlewaretoken": token[1].decode(), "login": "alice", "password": PASSWORD}
    origin = f"Origin: {settings.BASE_URL}".encode()
    return server.post(urlencode(typed).encode(), cookie, origin, path=b"/accounts/login/").header("Location")


# Anybody may do these where nothing is taken.
@pytest.mark.parametrize(
    "code",
    [
        "import os; os.setuid(os.getuid())",
        "import os; os.sched_setaffinity(0, os.sched_getaffinity(0))",
        "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        pytest.param(
            "import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)",
            marks=pytest.mark.skipif(not sandbox.knows_of_executable_memory(), reason="before Linux 6.3"),
        ),
    ],
)
def test_what_the_unit_takes_is_gone(code: str) -> None:
    asked = (sys.executable, "-c", code)
    assert subprocess.run(asked, capture_output=True, check=False).returncode == 0
    ended = subprocess.run([*UNDER, *asked], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.splitlines()[-1].partition(":")[0]) == (1, "PermissionError")
