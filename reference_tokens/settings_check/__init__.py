"""Whether each setting works that only trying can tell (RUN-8): what it found, never with a secret in it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import django.db
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.mail import get_connection
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.http import HttpRequest
from django.http.request import validate_host
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.audit.queries import last_instants
from accounts.database.replica import check_replica
from accounts.openid_settings import is_configured, provider_name
from accounts.second_factors.secrets import unseal_factor_secret
from accounts.single_sign_on.provider import FAILURES, ProviderClient
from reference_tokens.endpoints.health import known_migrations
from reference_tokens.leaks.github_keys import check_keys
from reference_tokens.leaks.lookup import check_lookup
from reference_tokens.lifecycle.hash_keys import count_needing
from reference_tokens.maintenance.audit_log_places import check_anchor, check_stream
from reference_tokens.maintenance.fence import check_fence
from reference_tokens.models import HashKey, Lease
from reference_tokens.settings_check.outcomes import DoesNotWork, NotTried
from reference_tokens.settings_check.places import check_data_folder, check_disk, require_writable
from reference_tokens.settings_check.serving import check_certificate, check_listening, check_proxies, check_workers
from reference_tokens.token_values.key_ring import key_ring
from reference_tokens.webhooks.checking import faults_of_webhooks
from reference_tokens.webhooks.noting import active_webhooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.progress import Report

# Where an authenticator app or recovery codes keep what is sealed under SECRET_KEY.
SEALED = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}
# Codes of an app are good for half a minute; instants of tokens are compared on every machine.
MOST_SECONDS_APART = 5
# So many of the last entries of the audit log tell of the clocks of all machines.
ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found behind a setting; `works` is None where it could not be tried."""

    setting: str
    found: str
    works: bool | None = True


def findings(report: Report) -> list[Finding]:
    """What was found behind each setting, in the order in which to mend them; `report` is called with its name."""
    report("DATABASE_URL")
    database = finding("DATABASE_URL", check_database)
    need_the_database: dict[str, Callable[[], str]] = {
        "DATABASE_REPLICA_URL": check_replica,
        "clock": check_clock,
        "WORKERS": check_workers,
        "TOKEN_HASH_KEYS": check_token_hash_keys,
        "SECRET_KEY": check_secret_key,
        "WEBHOOKS_TO_PRIVATE_ADDRESSES": check_webhooks,
        "LEAK_LOOKUP": check_lookup,
        "AUDIT_STREAM": check_stream,
        "FENCE_FILE": check_fence,
    }
    others: dict[str, Callable[[], str]] = {
        "CACHE_URL": check_cache,
        "EMAIL_URL": check_mail,
        "DATA_DIR": check_data_folder,
        "disk": check_disk,
        "AUDIT_ANCHOR": check_anchor,
        "static files": check_static_files,
        "ALLOWED_HOSTS": check_allowed_hosts,
        "PORT": check_listening,
        "BASE_URL": check_certificate,
        "TRUSTED_PROXY_COUNT": check_proxies,
        "OIDC_ISSUER": check_provider,
        "LEAK_GITHUB_KEYS_URL": check_keys,
    }
    if not database.works:
        need_the_database = dict.fromkeys(need_the_database, without_the_database)
    found, checks = [database], need_the_database | others
    for name, check in checks.items():
        report(name, len(found), 1 + len(checks))
        found.append(finding(name, check))
    return found


def finding(setting: str, check: Callable[[], str]) -> Finding:
    """What a check found."""
    try:
        return Finding(setting, without_secrets(check()))
    except NotTried as reason:
        return Finding(setting, f"not tried: {reason}", works=None)
    except (DoesNotWork, django.db.Error, RedisError, OSError, ValueError, *FAILURES) as error:
        return Finding(setting, without_secrets(" ".join(str(error).split()) or type(error).__name__), works=False)


def without_secrets(text: str) -> str:
    """The text, which another program may have written, without any secret of the settings."""
    databases = settings.DATABASES.values()
    cache = urlsplit(settings.CACHES["default"]["LOCATION"]).password or ""
    known = [
        *(secret for one in databases for secret in (one.get("PASSWORD", ""), one["OPTIONS"].get("sslpassword", ""))),
        *(settings.EMAIL_HOST_PASSWORD, cache, unquote(cache), settings.OIDC_CLIENT_SECRET, settings.METRICS_TOKEN),
        *(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *settings.TOKEN_HASH_KEYS),
    ]
    for secret in filter(None, known):
        text = text.replace(secret, "…")
    return text


def without_the_database() -> str:
    """What stands for a check that asks the database."""
    raise NotTried("the database does not work")


def check_database() -> str:
    """It connects, its tables are those of this release, and it takes a row, which is not kept."""
    place = connection.settings_dict
    version = ".".join(map(str, connection.get_database_version()))
    applied = MigrationRecorder(connection).applied_migrations().keys()
    if missing := known_migrations() - applied:
        raise DoesNotWork(f"{len(missing)} migrations are not applied (run {settings.COMMAND} migrate)")
    with transaction.atomic():
        Lease.objects.create(name=f"check_settings {secrets.token_hex(8)}", until=timezone.now())
        transaction.set_rollback(True)
    where = f"{place['HOST']}:{place['PORT']}/{place['NAME']}" if place["HOST"] else str(place["NAME"])
    return f"{connection.display_name} {version}, {where}: takes rows, all migrations applied"


def check_clock() -> str:
    """The clock of the database is this machine's, nearly, and no machine that acts here is ahead of it."""
    asked_at = timezone.now()
    there = MigrationRecorder.Migration.objects.annotate(now=Now()).values_list("now", flat=True)[0]
    seconds = max((asked_at - there).total_seconds(), (there - timezone.now()).total_seconds(), 0)
    if seconds > MOST_SECONDS_APART:
        raise DoesNotWork(f"this machine and the database are {seconds:.0f} seconds apart; set both by NTP")
    ahead = (max(last_instants(ENTRIES), default=there) - timezone.now()).total_seconds()
    if ahead > MOST_SECONDS_APART:
        raise DoesNotWork(f"a machine that acted here was {ahead:.0f} seconds ahead of the database; set all by NTP")
    return f"{asked_at:%Y-%m-%d %H:%M:%S} UTC, as the database has it"


def check_token_hash_keys() -> str:
    """Every key is there that something needs (TOK-2)."""
    now = timezone.now()
    lacking = HashKey.objects.filter(retired_at=None).exclude(id__in=key_ring().ids)
    if count := sum(count_needing(key, now) for key in lacking):
        raise DoesNotWork(f"{count} live tokens or secrets need a key that is not in it (docs/keys.md)")
    return f"keys: {len(settings.TOKEN_HASH_KEYS)}, and none that live tokens or secrets need is missing"


def check_secret_key() -> str:
    """What second factors are made from can be read."""
    count = unreadable = 0
    for kind, data in Authenticator.objects.filter(type__in=SEALED).values_list("type", "data"):
        count += 1
        try:
            unseal_factor_secret(data[SEALED[kind]])
        except InvalidToken:
            unreadable += 1
    if unreadable:
        raise DoesNotWork(f"{unreadable} of {count} second factors need a key that is not in SECRET_KEY_FALLBACKS")
    return f"older keys: {len(settings.SECRET_KEY_FALLBACKS)}, second factors that it reads: {count}"


def check_webhooks() -> str:
    """The messages of every active webhook can be signed, and may go where its name leads; nothing is sent."""
    if faults := faults_of_webhooks(timezone.now()):
        raise DoesNotWork("; ".join(f"{host}: {fault}" for host, fault in faults.items()))
    return f"{settings.WEBHOOKS_TO_PRIVATE_ADDRESSES}; active webhooks: {active_webhooks().count()}"


def check_cache() -> str:
    """Redis gives back what it was given."""
    cache, key = caches["default"], f"check_settings-{secrets.token_hex(8)}"
    if isinstance(cache, DummyCache):
        return "none; attempts are counted in the database"
    cache.set(key, key, timeout=60)
    found = cache.get(key)
    cache.delete(key)
    if found != key:
        raise DoesNotWork("it does not give back what it was given")
    return "Redis, which gives back what it is given"


def check_mail() -> str:
    """The mail server lets this service in, or the folder takes files. Nothing is sent."""
    if settings.MAIL_FOLDER:
        require_writable(Path(settings.MAIL_FOLDER))
        return f"mails are written to files in {settings.MAIL_FOLDER}, and reach nobody"
    mail = get_connection()
    try:
        mail.open()
    finally:
        mail.close()
    signed_in = ", and took user and password" if settings.EMAIL_HOST_USER else ""
    return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} answered{signed_in}; nothing was sent"


def check_static_files() -> str:
    """They are collected, or it is said how they are served."""
    if "css/app.css" in getattr(staticfiles_storage, "hashed_files", {}):
        return f"collected in {settings.STATIC_ROOT}"
    return "not collected: they are served uncompressed, and asked for again every minute"


def check_allowed_hosts() -> str:
    """The sites answer to the host of `BASE_URL`, to which every mail leads."""
    host = urlsplit(settings.BASE_URL).hostname or ""
    if not validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        raise DoesNotWork(f"the host of BASE_URL, {host}, is missing")
    return ", ".join(settings.ALLOWED_HOSTS)


def check_provider() -> str:
    """The OpenID Connect provider describes itself as what the settings name."""
    if not is_configured():
        return "none"
    ProviderClient(HttpRequest()).openid_config  # noqa: B018 - asks the provider, once
    return f"{provider_name()} describes itself as it should"
