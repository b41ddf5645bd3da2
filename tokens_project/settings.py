"""All settings, read from the environment. docs/settings.md describes each; a test holds the two together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from tokens_project import VERSION as VERSION  # noqa: PLC0414 - a setting, for the pages
from tokens_project import environment as env
from tokens_project import places
from tokens_project.environment import keys
from tokens_project.logs import configuration as logs
from tokens_project.private_files import OF_OTHERS, keep_private

# Before anything is written: whatever this process makes from now on is for its user alone.
os.umask(OF_OTHERS)

# --- Where it runs ---------------------------------------------------------------------------------------------------
HOST, PORT = env.host("HOST", "127.0.0.1"), env.integer("PORT", 8000, least=1, most=65535)
WORKERS = env.integer("WORKERS", 2, least=1, most=64)
# What a balancer in front keeps an idle connection for; here it is kept a second longer.
KEEP_ALIVE_SECONDS = env.integer("KEEP_ALIVE_SECONDS", 75, least=1, most=3600)
COMMAND, RESOURCES = places.COMMAND, places.RESOURCES
# With PostgreSQL nothing needs it but mails that are written to files.
DATA_DIR = env.folder("DATA_DIR", places.DEFAULT_DATA, is_needed=not env.is_postgresql("DATABASE_URL"))
BASE_URL = env.origin("BASE_URL", f"http://localhost:{PORT}")
# Behind proxies, how many: the one setting behind the client's address everywhere and the https of a proxy.
TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0, least=0, most=10)
PRODUCT_NAME, DEBUG = env.text("PRODUCT_NAME", "Reference Tokens"), env.boolean("DEBUG", default=False)
DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "db.sqlite3"), **env.replica("DATABASE_REPLICA_URL")}
DATABASE_ROUTERS = ["accounts.database.replica.Router"] if "replica" in DATABASES else []
_is_sqlite = DATABASES["default"]["ENGINE"].endswith("sqlite3")

# The one switch: it alone decides cookies, HSTS, the redirect to https, and whether keys may be made here.
IS_HTTPS = BASE_URL.startswith("https://")
IS_PRODUCTION = IS_HTTPS or not (env.is_loopback(HOST) and env.is_loopback(urlsplit(BASE_URL).hostname or ""))
if IS_PRODUCTION and DEBUG:
    env.refuse("DEBUG", "it must be False where others can reach the service.")

# --- Keys ------------------------------------------------------------------------------------------------------------
# Two machines that each made a key ring of their own would each call half of the tokens inactive: keys are made
# here only where there can be no second machine.
_is_embedded = _is_sqlite and not IS_PRODUCTION
# What a new instance lacks, which `migrate` makes. Any other command that misses something is in a wrong folder, or was
# given other settings than the service: it makes nothing, and `tokens_project.sqlite3` opens no database for it.
_database = DATABASES["default"]["NAME"]
_files = [*(keys.generated_files(DATA_DIR) if _is_embedded else ()), *([_database] if _is_sqlite else ())]
_missing = [file for file in _files if env.is_missing(file)]
DATABASES["default"]["MISSING"] = {_database: _missing}
_secret_keys = keys.required_keys(
    "SECRET_KEY",
    minimum_length=keys.MINIMUM_SECRET_KEY_LENGTH,
    generated_into=DATA_DIR / "secret_key" if _is_embedded else None,
    missing=_missing,
)
if len(_secret_keys) > 1:
    env.refuse("SECRET_KEY", "give one key; the older ones belong into SECRET_KEY_FALLBACKS.")
SECRET_KEY = _secret_keys[0]
SECRET_KEY_FALLBACKS = keys.optional_keys("SECRET_KEY_FALLBACKS", minimum_length=keys.MINIMUM_SECRET_KEY_LENGTH)
TOKEN_HASH_KEYS = keys.required_keys(
    "TOKEN_HASH_KEYS",
    minimum_length=keys.MINIMUM_KEY_LENGTH,
    generated_into=DATA_DIR / "token_hash_keys" if _is_embedded else None,
    missing=_missing,
)
if IS_PRODUCTION and not IS_HTTPS:
    env.refuse("BASE_URL", "give the public https:// address; over http only this machine is served, as localhost.")
if IS_HTTPS and not TRUSTED_PROXY_COUNT:
    env.refuse("TRUSTED_PROXY_COUNT", "give how many proxies stand in front, 1 or more; one of them speaks https.")

# --- What the product promises ---------------------------------------------------------------------------------------
MAX_TOKEN_LIFETIME_DAYS = env.integer("MAX_TOKEN_LIFETIME_DAYS", 366, least=1, most=36_500)
MAX_LIVE_PATS_PER_PERSON = env.integer("MAX_LIVE_PATS_PER_PERSON", 100, least=1, most=1_000_000)
MAX_LIVE_SATS_PER_APPLICATION = env.integer("MAX_LIVE_SATS_PER_APPLICATION", 1000, least=1, most=1_000_000)
UNBOUND_FORWARD_AUTH = env.boolean("UNBOUND_FORWARD_AUTH", default=True)
HELP_SIGNED_OUT = env.boolean("HELP_SIGNED_OUT", default=True)
API_RATE = env.integer("API_RATE", 600, least=0, most=1_000_000)
METRICS_TOKEN = keys.optional_header_key("METRICS_TOKEN")
LEAK_GITHUB_KEYS_URL, LEAK_LOOKUP = env.https_address("LEAK_GITHUB_KEYS_URL"), env.boolean("LEAK_LOOKUP", default=False)
LAST_USED_FLUSH_SECONDS = env.integer("LAST_USED_FLUSH_SECONDS", 5, least=1, most=5)
UNUSED_SUSPEND_DAYS = env.integer("UNUSED_SUSPEND_DAYS", 0, least=0, most=3_650)
AUDIT_DAYS, AUDIT_ANCHOR = env.integer("AUDIT_DAYS", 0, least=0, most=36_500), env.anchor("AUDIT_ANCHOR")
AUDIT_STREAM, AUDIT_STREAM_FORMAT = env.stream("AUDIT_STREAM"), env.one_of("AUDIT_STREAM_FORMAT", "jsonl", "ocsf")
WEBHOOKS_TO_PRIVATE_ADDRESSES = env.boolean("WEBHOOKS_TO_PRIVATE_ADDRESSES", default=False)
REQUIRE_ADMIN_SECOND_FACTOR = env.boolean("REQUIRE_ADMIN_SECOND_FACTOR", default=IS_PRODUCTION)

# Whatever a report of an error shows, with DEBUG or in a mail, nothing in it opens anything.
DEFAULT_EXCEPTION_REPORTER = "tokens_project.logs.error_reports.ScrubbingReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "tokens_project.logs.error_reports.ReportFilter"

# --- Applications, middleware, templates -----------------------------------------------------------------------------
INSTALLED_APPS = [
    # Above Django's own, whose commands it takes the place of: they would act past the rules and the audit log.
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "accounts.sessions.apps.KnownSessionsConfig",
    "csp",
    "django_htmx",
    "trusted_apps",
    "reference_tokens",
    "profile_site",
    "instance_manager",
    "tokens_project",
]
MIDDLEWARE = [
    "accounts.pages.middleware.RequestIdMiddleware",
    "accounts.pages.probes.ProbeMiddleware",
    # Above the next, whose redirect to https carries their headers too.
    "csp.middleware.CSPMiddleware",
    "accounts.pages.middleware.TemporaryRedirectMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "tokens_project.static_files.StaticFilesMiddleware",
    "accounts.pages.compression.CompressionMiddleware",
    "accounts.pages.middleware.NoStoreMiddleware",
    "tokens_project.logs.error_reports.NotFoundMiddleware",
    "accounts.pages.language.LanguageMiddleware",
    "accounts.pages.middleware.LoopbackNameMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "accounts.pages.middleware.CrossSiteMiddleware",
    "accounts.pages.other_methods.OtherMethodsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.sign_in.known_browsers.KnownBrowserMiddleware",
    "accounts.pages.middleware.LongestSessionMiddleware",
    "accounts.pages.middleware.LastSeenMiddleware",
    "accounts.pages.middleware.RatesMiddleware",
    "accounts.pages.middleware.DisplayMiddleware",
    # Their pages are in the person's language. No middleware reads a body before its view is known.
    "accounts.pages.middleware.BodyMiddleware",
    "accounts.pages.middleware.MethodMiddleware",
    # Below the one that answers where the database fails: it knows why a statement was stopped.
    "accounts.pages.middleware.StatementTimeMiddleware",
    "accounts.pages.lists_behind.ListsBehindMiddleware",
]
ROOT_URLCONF, WSGI_APPLICATION = "tokens_project.urls", "tokens_project.wsgi.application"
_context = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "accounts.pages.context.interface",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [places.RESOURCES / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": _context},
    },
]
FORM_RENDERER, DEFAULT_AUTO_FIELD = "django.forms.renderers.TemplatesSetting", "django.db.models.BigAutoField"
STATIC_URL = "/static/"
# Within the wheel, which was built with them; in a checkout where `make run` may write.
STATIC_ROOT = places.RESOURCES / "staticfiles" if places.IS_INSTALLED else DATA_DIR / "static"
# What is not collected is served from where it lies. No other site needs any of it.
WHITENOISE_USE_FINDERS, WHITENOISE_ALLOW_ALL_ORIGINS = True, False
# Django makes what it collects readable for everybody, unless it is told otherwise.
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
STATICFILES_DIRS = [] if places.IS_INSTALLED else [places.BASE_DIR / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder", "tokens_project.static_files.UsedFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # A file's name carries its hash and its compressed twin lies beside it: browsers keep it for good.
    "staticfiles": {"BACKEND": "tokens_project.static_files.StaticFilesStorage"},
}
# Shared by every process: what limits sign-in must not be counted by each worker for itself.
CACHES = {"default": env.cache("CACHE_URL")}
FENCE_FILE = env.fence("FENCE_FILE", has_redis=bool(CACHES["default"]["LOCATION"]))

# --- Mail ------------------------------------------------------------------------------------------------------------
_mail = env.email("EMAIL_URL", DATA_DIR / "mail")
EMAIL_BACKEND, EMAIL_TIMEOUT = _mail["EMAIL_BACKEND"], 10
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
# The folder that mails are written to; empty where a server takes them.
EMAIL_FILE_PATH = MAIL_FOLDER = _mail["EMAIL_FILE_PATH"]
keep_private(
    DATA_DIR,
    database=_database if _is_sqlite else None,
    mails=Path(MAIL_FOLDER) if MAIL_FOLDER else None,
)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.sender("DEFAULT_FROM_EMAIL", f"tokens@{urlsplit(BASE_URL).hostname}")

# --- People ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.adapters.SignInBackend"]
LOGIN_URL = LOGOUT_REDIRECT_URL = "account_login"
LOGIN_REDIRECT_URL = "profile:token_list"
ACCOUNT_ADAPTER = "accounts.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
# Nobody signs up; but without a password here allauth would take the field from the sign-in form.
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.forms.SignInForm",
    "reauthenticate": "accounts.sign_in.forms.ConfirmPasswordForm",
}
# These are counted by `accounts.limits.rates`.
ACCOUNT_RATE_LIMITS = {"login": None, "reauthenticate": None}
ACCOUNT_EMAIL_VERIFICATION, ACCOUNT_SESSION_REMEMBER = "none", True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(BASE_URL).scheme
# How long "it is you" holds (PEO-3), in seconds.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# Browsers make passkeys for the name of a host over a secure line, never for an IP address.
HAS_PASSKEYS = env.takes_passkeys(BASE_URL)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", *(["webauthn"] if HAS_PASSKEYS else [])]
MFA_ADAPTER = "accounts.second_factors.secrets.SecondFactorAdapter"
MFA_PASSKEY_LOGIN_ENABLED = HAS_PASSKEYS
# A code is good in the half minutes before and after its own too, since clocks differ and typing takes time.
MFA_TOTP_TOLERANCE = 1
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
# The first hashes; what another one hashed is hashed again by the first when its person next signs in.
PASSWORD_HASHERS = ["accounts.passwords.hashers.NormalizingHasher", "accounts.passwords.hashers.BoundedHasher"]
_django, _attributes = "django.contrib.auth.password_validation", ("username", "name", "email")
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_django}.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "accounts.passwords.rules.LongestPasswordValidator"},
    {"NAME": "accounts.passwords.rules.GuessablePasswordValidator"},
    {"NAME": f"{_django}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": _attributes}},
]

# --- Sign-in at an OpenID Connect provider, where one is given -------------------------------------------------------
OIDC_ISSUER = env.issuer("OIDC_ISSUER")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_ID", ""), env.text("OIDC_CLIENT_SECRET", "")
OIDC_USERNAME_CLAIM = env.text("OIDC_USERNAME_CLAIM", "preferred_username")
OIDC_CREATE_USERS = env.boolean("OIDC_CREATE_USERS", default=False)
for _name, _value in (("OIDC_CLIENT_ID", OIDC_CLIENT_ID), ("OIDC_CLIENT_SECRET", OIDC_CLIENT_SECRET)):
    if bool(_value) != bool(OIDC_ISSUER):
        env.refuse(_name, "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are given together, or none of them.")
# Not the older ones of SECRET_KEY: there a key that was shared goes on its way out, with what it encrypted.
keys.require_separate_keys(
    {
        "SECRET_KEY": [SECRET_KEY],
        "TOKEN_HASH_KEYS": TOKEN_HASH_KEYS,
        "METRICS_TOKEN": [METRICS_TOKEN] if METRICS_TOKEN else [],
    },
    others=("OIDC_CLIENT_SECRET", "DATABASE_URL", "DATABASE_REPLICA_URL", "CACHE_URL", "EMAIL_URL"),
)
SOCIALACCOUNT_ADAPTER = "accounts.single_sign_on.provider.SocialAdapter"
# How long a page waits for the provider, for each thing it asks, in seconds.
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5

# --- The web ---------------------------------------------------------------------------------------------------------
_base_host = urlsplit(BASE_URL).hostname or ""
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", [f"[{_base_host}]" if ":" in _base_host else _base_host])
if DEBUG and not all(map(env.is_loopback, ALLOWED_HOSTS)):
    env.refuse("DEBUG", "it must be False where the service answers to the name of another machine.")
CSRF_TRUSTED_ORIGINS = [env.as_browsers_say(BASE_URL)]
# No page takes files, nor more than a form of text (AVA-5): `BodyMiddleware` refuses both before they are read.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 65_536
DATA_UPLOAD_MAX_NUMBER_FILES = 0
FILE_UPLOAD_HANDLERS: list[str] = []
# Twelve hours without a request end a session (PEO-3). They begin anew when its use is noted, every five minutes at the
# most: a session ends up to so much sooner, and a page that is only read writes nothing (AVA-5).
SESSION_COOKIE_AGE = 12 * 3600
SESSION_ENGINE, MESSAGE_STORAGE = "accounts.sessions.store", "django.contrib.messages.storage.session.SessionStorage"
_host = "__Host-" if IS_PRODUCTION else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_host}session", f"{_host}csrf"
CSRF_FAILURE_VIEW = "accounts.pages.error_pages.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_PRODUCTION
SESSION_COOKIE_HTTPONLY, SESSION_COOKIE_SAMESITE = CSRF_COOKIE_HTTPONLY, CSRF_COOKIE_SAMESITE = True, "Lax"
# Wherever a request says it goes: the redirect asks for no Host, which may be one that is refused.
SECURE_SSL_HOST, SECURE_HSTS_SECONDS = (urlsplit(BASE_URL).netloc, 63_072_000) if IS_PRODUCTION else (None, 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.boolean("HSTS_INCLUDE_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = env.boolean("HSTS_PRELOAD", default=IS_PRODUCTION and SECURE_HSTS_INCLUDE_SUBDOMAINS)
if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
    env.refuse("HSTS_PRELOAD", "browsers take a host into their lists with its subdomains alone: set it to False.")
_own = ("script-src", "style-src", "img-src", "font-src", "connect-src", "form-action")
_nobody = ("default-src", "base-uri", "frame-ancestors")
CONTENT_SECURITY_POLICY = {"DIRECTIVES": {name: [NONE] for name in _nobody} | {name: [SELF] for name in _own}}

# --- Language and time: stored and compared in UTC -------------------------------------------------------------------
LANGUAGE_CODE, LANGUAGES = "en", [("en", "English"), ("de", "Deutsch"), ("bg", "Български")]
LANGUAGE_COOKIE_NAME, LOCALE_PATHS, USE_TZ, TIME_ZONE = f"{_host}language", [places.RESOURCES / "locale"], True, "UTC"

# --- Logs and traces: without any token or secret --------------------------------------------------------------------
LOG_FORMAT, ACCESS_LOG = env.one_of("LOG_FORMAT", "text", "json"), env.boolean("ACCESS_LOG", default=False)
LOGGING = logs.logging_in(LOG_FORMAT)
OTEL_EXPORTER_OTLP_ENDPOINT = env.collector("OTEL_EXPORTER_OTLP_ENDPOINT")

# --- For lines to paste into another shell ---------------------------------------------------------------------------
GIVEN_SETTINGS, GIVEN_SECRETS = env.to_repeat(), env.to_set_again()
