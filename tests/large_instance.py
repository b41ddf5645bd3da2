"""An instance as large as a company's: 400 applications, 50,000 tokens, a thousand people."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.command_line import BASE_DIR, environment
from tests.service import PASSWORD, Service, running

TOKENS, APPLICATIONS, PEOPLE = 50_000, 400, 1_000

# Gives the person with the most live tokens a password, and names that person and the largest application.
MEET = """
from django.db.models import Count
from accounts.models import User
from reference_tokens.models import ReferenceToken
from trusted_apps.models import TrustedApplication
live = ReferenceToken.objects.filter(revoked_at=None, holder__is_active=True)
most = live.values("holder").annotate(number=Count("pk")).order_by("-number")[0]["holder"]
person = User.objects.get(pk=most)
person.set_password({password!r})
person.save()
largest = live.values("application").annotate(number=Count("pk")).order_by("-number")[0]["application"]
six = next(one for one in TrustedApplication.objects.filter(
    access_tokens_policy="AuthenticatedUsers", is_enabled=True, max_lifetime_days=None) if len(one.scopes) == 6)
print(person.username, largest, six.name, sep=";")
"""


@dataclass(frozen=True)
class Large:
    """The running service, with who signs in by `PASSWORD`, the application with the most tokens, by its id, and one
    with six scopes that is open to everybody, by its name.
    """

    service: Service
    person: str
    administrator: str
    application: str
    six_scopes: str


@contextmanager
def large_instance(folder: Path) -> Iterator[Large]:
    """Set it up below the folder, and serve it for the time of the block."""
    with running(folder) as service:
        arguments = [str(TOKENS), str(folder), "--applications", str(APPLICATIONS), "--people", str(PEOPLE)]
        subprocess.run(
            [sys.executable, "-m", "tests.bench.seed", *arguments],
            cwd=BASE_DIR,
            env=environment(**service.settings),
            check=True,
        )
        person, application, six_scopes = service.shell(MEET.format(password=PASSWORD)).split(";")
        administrator = service.person("grace", "--administrator", "--name", "Grace Hill")
        yield Large(service, person, administrator, application, six_scopes)
