"""The reader for where traces are sent."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from tokens_project.environment.hosts import is_host
from tokens_project.environment.urls import url
from tokens_project.environment.values import refuse, text

# What sends them comes with it.
EXPORTER = "opentelemetry-exporter-otlp-proto-http"


def collector(name: str) -> str:
    """The address of an OpenTelemetry collector; empty where none is given."""
    value = text(name, "")
    if not value:
        return value
    parts, port = url(name, value)
    if parts.scheme not in {"http", "https"} or not is_host(parts.hostname or "") or port == 0:
        refuse(name, "give the address of a collector like http://127.0.0.1:4318.")
    try:
        version(EXPORTER)
    except PackageNotFoundError:
        refuse(name, "traces need more than is installed: pip install 'reference-tokens[otel]'.")
    return value
