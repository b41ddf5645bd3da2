"""One Django project for all peers; PEER says which of them it is. What `startproject` writes is left as it is."""

from __future__ import annotations

import os
from typing import Any

PEER = os.environ.get("PEER", "")
DATABASE = os.environ["PEER_DATABASE"]

SECRET_KEY = "for-benches-only-" + "0123456789abcdefghij" * 3
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "oauth2_provider",
    "knox",
    "rest_framework_api_key",
    "tests.bench.peers.oauth",
]
# The list of `startproject`.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "tests.bench.peers.urls"
if PEER == "bare":
    INSTALLED_APPS, MIDDLEWARE, ROOT_URLCONF = [], [], "tests.bench.peers.bare"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
REST_FRAMEWORK = {"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]}
OAUTH2_PROVIDER = {"SCOPES": {"read": "Read", "introspection": "Introspect tokens"}}
AUTHLIB_OAUTH2_PROVIDER: dict[str, Any] = {}


def database() -> dict[str, Any]:
    """The peers' own database, with the connection kept, as Django's documentation has it for speed."""
    if DATABASE.startswith("postgres"):
        from urllib.parse import urlsplit

        parts = urlsplit(DATABASE)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path[1:],
            "USER": parts.username,
            "HOST": parts.hostname,
            "PORT": parts.port,
            "CONN_MAX_AGE": None,
        }
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"
    options = {"transaction_mode": "IMMEDIATE", "init_command": pragmas, "timeout": 20}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE, "OPTIONS": options, "CONN_MAX_AGE": None}


DATABASES = {"default": database()}
