"""Reader for the URL of the mail server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokens_project.environment.hosts import is_loopback
from tokens_project.environment.urls import decoded, parameters, server, service_url
from tokens_project.environment.values import refuse, text

STANDARD_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def email(name: str, default: Path) -> dict[str, Any]:
    """Django's mail settings from `smtp://`, `smtp+starttls://` or `smtps://USER:PASSWORD@HOST:PORT`.

    `file:///FOLDER` writes each mail to a file of that folder, which is also the default.
    """
    value = text(name, "")
    if not value:
        return mail_folder(default)
    parts, port = service_url(name, value)
    parameters(name, parts, {})
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return mail_folder(Path(decoded(name, parts.path)))
    if parts.scheme not in STANDARD_PORTS or parts.path not in {"", "/"}:
        refuse(name, "give smtps://USER:PASSWORD@HOST:PORT, smtp+starttls://…, smtp://… or file:///FOLDER.")
    host = server(name, parts)
    user, password = decoded(name, parts.username or ""), decoded(name, parts.password or "")
    if bool(user) != bool(password):
        refuse(name, "a user and a password are given together, or none of them.")
    if password and parts.scheme == "smtp" and not is_loopback(host):
        refuse(name, "smtp:// would send the password in clear; give smtp+starttls://… or smtps://….")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or STANDARD_PORTS[parts.scheme],
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": password,
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_FILE_PATH": "",
    }


def mail_folder(folder: Path) -> dict[str, Any]:
    """Django's mail settings for a folder that takes each mail as a file."""
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_HOST": "",
        "EMAIL_PORT": 0,
        "EMAIL_HOST_USER": "",
        "EMAIL_HOST_PASSWORD": "",
        "EMAIL_USE_TLS": False,
        "EMAIL_USE_SSL": False,
        "EMAIL_FILE_PATH": str(folder),
    }
