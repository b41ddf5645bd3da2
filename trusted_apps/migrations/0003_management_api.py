from __future__ import annotations

import uuid
from typing import Any

from django.db import migrations
from django.utils import timezone

# As they were when this step was written: later words are the administrators'.
SCOPES = {
    "self:read": "See one's own tokens",
    "self:write": "Rename, rotate and revoke one's own tokens",
    "instance:read": "See all that the Instance Manager shows",
    "instance:write": "Do all that the Instance Manager can do",
}
URI = "reference-tokens/api"


def add(apps: Any, _schema_editor: Any) -> None:
    scopes, applications = (apps.get_model("trusted_apps", name) for name in ("Scope", "TrustedApplication"))
    for name, description in SCOPES.items():
        scopes.objects.get_or_create(name=name, defaults={"description": description})
    # One that somebody registered under this URI before becomes the built-in one, and is closed too.
    application = applications.objects.filter(application_uri__iexact=URI).first()
    if application is None:
        application = applications(
            pk=uuid.uuid4(),
            name="Management API",
            description="Manages this instance by program, at /api/v1/.",
            created_at=timezone.now(),
        )
    application.application_uri, application.scopes = URI, tuple(sorted(SCOPES))
    application.access_tokens_policy, application.allows_self_rotation = "None", False
    application.save()


class Migration(migrations.Migration):
    """Registers the Trusted Application of the management API; nobody may issue a token for it yet."""

    dependencies = [("trusted_apps", "0002_given_scopes")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
