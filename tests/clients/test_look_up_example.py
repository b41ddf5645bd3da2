"""T76: the example for scanners finds what is live without sending it, and reports it alone."""

from __future__ import annotations

import subprocess
import sys
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

pytestmark = pytest.mark.django_db(transaction=True)

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
