"""Traces by OpenTelemetry, where `OTEL_EXPORTER_OTLP_ENDPOINT` is set: a span for each request and each statement.

OpenTelemetry's own libraries read the rest of its variables; nothing imports them otherwise. No token or secret leaves
the process: it is struck out of whatever a span says, as out of the log, and queries and credentials are never in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.signals import connection_created
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from tokens_project.logs.scrubbing import scrubbed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from wsgiref.types import WSGIApplication

# Attributes that say the whole address, or a part of it, with its query.
ADDRESSES = {"http.url", "http.target", "url.full"}
QUERY = "url.query"
# What OpenTelemetry takes of headers where somebody tells it to, and what then may open anything.
HEADERS = ("http.request.header.", "http.response.header.")
CREDENTIALS = {"authorization", "cookie", "set_cookie", "x_api_key", "api_key", "x_csrftoken"}
REMOVED = "[removed]"
# So long the end of a process waits for a collector to take the last spans: less than gunicorn waits for the process.
END_SECONDS = 2


def traced(application: WSGIApplication) -> WSGIApplication:
    """The application with a span for each request, and within it one for each statement."""
    resource = Resource.create({"service.name": "reference-tokens", "service.version": settings.VERSION})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(Batches(ScrubbingExporter(OTLPSpanExporter())))
    statements = Statements(provider.get_tracer(__name__))
    statements.of_backend(type(connections[DEFAULT_DB_ALIAS]))
    connection_created.connect(statements.of_connection, weak=False)
    return OpenTelemetryMiddleware(application, tracer_provider=provider, meter_provider=NoOpMeterProvider())


class Statements:
    """Spans of statements, within those of requests alone: what threads do by themselves makes none."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def of_backend(self, backend: Any) -> None:
        """Trace the statements that connections of this class keep prepared, from the first one on."""
        rows_of = backend.rows_of
        backend.rows_of = lambda connection, statement, params, **how: self.run(
            connection, statement, lambda: rows_of(connection, statement, params, **how)
        )

    def of_connection(self, connection: Any, **_told: Any) -> None:
        """Trace Django's statements of a connection, once."""
        if self.execute not in connection.execute_wrappers:
            connection.execute_wrappers.append(self.execute)

    def execute(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - as Django calls it
        """Run a statement of Django's."""
        return self.run(context["connection"], str(sql), lambda: execute(sql, params, many, context))

    def run(self, connection: Any, statement: str, work: Callable[[], Any]) -> Any:
        """Run a statement in a span, where a request is traced. Its parameters are not told."""
        if not trace.get_current_span().is_recording():
            return work()
        name = statement.split(None, 1)[0].upper()
        told = {"db.system.name": connection.vendor, "db.operation.name": name, "db.query.text": statement}
        with self._tracer.start_as_current_span(name, kind=trace.SpanKind.CLIENT, attributes=told):
            return work()


class Batches(BatchSpanProcessor):
    """OpenTelemetry's, whose end would wait half a minute for a collector that is silent."""

    def shutdown(self) -> None:
        """Send the last spans, where that takes a moment only."""
        self._batch_processor.shutdown(END_SECONDS * 1000)


class ScrubbingExporter(SpanExporter):
    """Strikes tokens, secrets, queries and credentials out of every span before it leaves the process (T36)."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans."""
        return self._exporter.export([struck_out(span) for span in spans])

    def shutdown(self) -> None:
        """End, with nothing more to send."""
        self._exporter.shutdown()


def struck_out(span: ReadableSpan) -> ReadableSpan:
    """The span without what opens anything."""
    return ReadableSpan(
        name=scrubbed(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=clean(span.attributes or {}),
        events=[Event(scrubbed(one.name), clean(one.attributes or {}), one.timestamp) for one in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code, scrubbed(span.status.description or "") or None),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def clean(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What a span says, without what opens anything."""
    return {name: clean_value(name, value) for name, value in attributes.items()}


def clean_value(name: str, value: Any) -> Any:
    """A text, or several, of an attribute; of an address, as headers hold them too, without the query. Others stay."""
    is_header = name.startswith(HEADERS)
    if name == QUERY or (is_header and name.rpartition(".")[2].replace("-", "_") in CREDENTIALS):
        return REMOVED
    if isinstance(value, str):
        return scrubbed(value.partition("?")[0] if is_header or name in ADDRESSES else value)
    return [clean_value(name, each) for each in value] if isinstance(value, list | tuple) else value
