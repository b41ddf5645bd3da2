"""Traces reach a collector by OTLP, with spans of requests and statements, and no token in anything that is sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from time import monotonic
from typing import Any, cast

import pytest
from django.db import connection
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from tests.factories import ResourceServerFactory
from tests.gunicorn import gunicorn
from tests.introspection import UNKNOWN as TOKEN
from tests.introspection import credentials
from tokens_project.tracing import END_SECONDS, Batches, ScrubbingExporter, Statements, clean

SECRET = "enrs_Ab-_c0" + "x" * 32


class Collector:
    """What OpenTelemetry's collector is to the service: an HTTP server that takes spans as protobuf."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.raw.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200 if self.path == "/v1/traces" else 404)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> list[Any]:
        requests = [ExportTraceServiceRequest.FromString(data) for data in self.raw]
        return [
            span
            for one in requests
            for told in one.resource_spans
            for scope in told.scope_spans
            for span in scope.spans
        ]

    def services(self) -> set[str]:
        requests = [ExportTraceServiceRequest.FromString(data) for data in self.raw]
        told = [each for one in requests for each in one.resource_spans]
        return {
            name.value.string_value for one in told for name in one.resource.attributes if name.key == "service.name"
        }


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join(60)


@pytest.mark.django_db(transaction=True)
def test_t36_requests_and_statements_are_traced_and_no_token_is_sent(collector: Collector, tmp_path: Path) -> None:
    server: Any = ResourceServerFactory.create()
    settings: dict[str, Any] = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": ".*",
    }
    with gunicorn(tmp_path, **settings) as live:
        for _ in range(3):
            live.introspect(server, TOKEN)
        body = f"token={TOKEN}&client_id={server.client_id}&client_secret={server.plain_secret}"
        form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        for head in (
            f"POST /oauth/introspect?token={TOKEN} HTTP/1.1\r\nX-Api-Key: {TOKEN}\r\n",
            f"GET /accounts/login/?next=/{TOKEN}/ HTTP/1.1\r\nCookie: session=abcdefgh\r\nReferer: http://x/{TOKEN}?code=abcdefgh\r\n",
            f"GET /{TOKEN} HTTP/1.1\r\nAuthorization: {credentials(server)}\r\nUser-Agent: {server.plain_secret}\r\n",
        ):
            live.send(f"{head}Host: localhost\r\nConnection: close\r\n{form}\r\n{body}".encode())
    sent = b"".join(collector.raw)
    assert collector.services() == {"reference-tokens"}
    requests = {span.span_id for span in collector.spans() if span.name == "POST /oauth/introspect"}
    statements = [span for span in collector.spans() if span.parent_span_id in requests]
    assert len(requests) >= 4
    # PostgreSQL is asked for the caller and the token by one statement, which begins otherwise.
    assert {span.name for span in statements} <= {"SELECT", "WITH"}
    assert len(statements) >= 4
    for secret in (TOKEN[5:], server.plain_secret[5:], credentials(server).split()[1], "abcdefgh"):
        assert secret.encode() not in sent


@pytest.fixture
def kept() -> Any:
    """Spans, and the tracer whose spans they are."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(ScrubbingExporter(exporter)))
    yield exporter, provider.get_tracer("tests")
    provider.shutdown()


@pytest.mark.once
def test_a_collector_that_is_silent_does_not_hold_up_the_end_of_a_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces"
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(Batches(ScrubbingExporter(OTLPSpanExporter(address))))
        with provider.get_tracer("tests").start_as_current_span("a request"):
            pass
        began = monotonic()
        provider.shutdown()
        # Less than the ten seconds that an exporter waits by itself, on a busy machine too.
        assert monotonic() - began < 4 * END_SECONDS


@pytest.mark.django_db
def test_statements_are_traced_within_a_request_alone_and_without_their_parameters(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter, tracer = kept
    statements, copy = Statements(tracer), cast("Any", connection.copy())
    # What is put in its place below ends with the test.
    monkeypatch.setattr(type(copy), "rows_of", type(copy).rows_of)
    statements.of_backend(type(copy))
    for _twice in range(2):
        statements.of_connection(copy)
    with copy.cursor() as cursor:
        cursor.execute("SELECT %s", ["before"])
        with tracer.start_as_current_span("a request"):
            cursor.execute("SELECT %s", [TOKEN])
            copy.rows_of("SELECT 2", [])
    copy.close()
    told = [(span.name, dict(span.attributes or {}).get("db.query.text")) for span in exporter.get_finished_spans()]
    assert told == [("SELECT", "SELECT %s"), ("SELECT", "SELECT 2"), ("a request", None)]


@pytest.mark.once
def test_t36_whatever_a_span_says_is_struck_out(kept: Any) -> None:
    exporter, tracer = kept
    with tracer.start_as_current_span(f"GET /{TOKEN}", attributes={"http.url": f"http://x/?{TOKEN}", "n": 1}) as span:
        span.add_event(f"got {SECRET}", {"said": [TOKEN, SECRET]})
        span.set_status(Status(StatusCode.ERROR, f"no {TOKEN}"))
    (found,) = exporter.get_finished_spans()
    said = found.to_json()
    assert TOKEN[5:] not in said
    assert SECRET[5:] not in said
    assert found.attributes == {"http.url": "http://x/", "n": 1}
    assert found.status.status_code is StatusCode.ERROR


@pytest.mark.once
def test_t36_credentials_and_queries_are_never_told() -> None:
    headers = {f"http.request.header.{name}": ["abc"] for name in ("authorization", "cookie", "x-api-key", "accept")}
    told = clean(headers | {"url.query": "a=b", "url.full": "http://x/a?b", "http.target": "/a?b"})
    assert [name.rpartition(".")[2] for name, value in told.items() if value == "[removed]"] == [
        *("authorization", "cookie", "x-api-key", "query"),
    ]
    assert (told["url.full"], told["http.target"]) == ("http://x/a", "/a")


@pytest.mark.once
@pytest.mark.parametrize(
    "name",
    [
        "http.request.header.referer",
        "http.request.header.x_original_url",
        "http.request.header.x_forwarded_uri",
        "http.response.header.location",
    ],
)
def test_t36_a_header_is_told_without_the_query_of_its_address(name: str) -> None:
    told = clean({name: ["https://x/accounts/oidc/callback/?code=abc&state=def", "https://x/"]})
    assert told == {name: ["https://x/accounts/oidc/callback/", "https://x/"]}


@pytest.mark.once
def test_a_span_that_cannot_be_sent_is_told_to_those_who_sent_it() -> None:
    class Refusing(InMemorySpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            return SpanExportResult.FAILURE

    assert ScrubbingExporter(Refusing()).export([ReadableSpan("x")]) is SpanExportResult.FAILURE
