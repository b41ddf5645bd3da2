"""Answering a request: the application runs, and gunicorn frames what it answers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from gunicorn.http import wsgi

from tokens_project.server.framing import Framed

if TYPE_CHECKING:
    from gunicorn.workers.gthread import ThreadWorker

    from tokens_project.server.connection import Connection

# In this key of the WSGI environment the application is told since when the whole request is there.
ARRIVED_AT = "reference_tokens.arrived_at"
# In this key of the WSGI environment the application is told that the body has not arrived, and that it may only
# refuse the caller; 100 as its status says that the caller may go on.
HEAD_ONLY = "reference_tokens.head_only"
GO_ON = 100


def answer_and_send(worker: ThreadWorker, connection: Connection) -> bool:
    """Run the application, and send what the client takes at once; whether the client may send another request."""
    may_go_on = answer(worker, connection)
    return sent(connection) and may_go_on


def sent(connection: Connection) -> bool:
    """Send what the client takes at once of its answer; whether it is still there."""
    try:
        connection.outgoing.push()
    except OSError:
        # It is gone, with what was meant for it.
        connection.outgoing.unsent.clear()
        return False
    return True


def answer(worker: ThreadWorker, connection: Connection) -> bool:
    """Run the application, whose answer is kept to be sent; whether the client may send another request."""
    request, response = connection.request, None
    try:
        response, environ = begin(worker, connection)
        write(response, worker.wsgi(environ, response.start_response))
    except (ConnectionError, TimeoutError):
        # The client is gone, before it was sent all of a long answer.
        connection.outgoing.unsent.clear()
        return False
    except Exception as error:
        if response is not None and response.headers_sent:
            # Another status would become a part of what was sent: of a file, its last line.
            worker.log.exception("An answer was broken off: %s %s", request.method, request.path)
            connection.outgoing.unsent.clear()
            connection.is_broken_off = True
        else:
            # As gunicorn does: logged, and answered with 500.
            worker.handle_error(request, connection.outgoing, connection.client, error)
        return False
    if response.should_close():
        return False
    connection.await_request()
    return True


def check_head(worker: ThreadWorker, connection: Connection) -> bool:
    """Ask for the caller before the body is there; whether the client may go on with it."""
    connection.request.body, body = io.BytesIO(), connection.request.body
    try:
        response, environ = begin(worker, connection)
        environ[HEAD_ONLY] = True
        parts = worker.wsgi(environ, response.start_response)
        if response.status_code == GO_ON:
            end(parts)
            connection.request.body = body
            return True
        response.force_close()
        write(response, parts)
        connection.must_close = True
        sent(connection)
    except Exception as error:  # noqa: BLE001 - as above
        worker.handle_error(connection.request, connection.outgoing, connection.client, error)
    return False


def begin(worker: ThreadWorker, connection: Connection) -> tuple[Any, dict[str, Any]]:
    """gunicorn's response and environment for a request."""
    response, environ = wsgi.create(
        connection.request, connection.outgoing, connection.client, connection.server, worker.cfg, Framed
    )
    environ["wsgi.multithread"] = True
    environ[ARRIVED_AT] = connection.arrived_at
    if connection.must_close or not worker.alive:
        response.force_close()
    return response, environ


def write(response: Any, parts: Any) -> None:
    """Write each part of an answer, then end it, as PEP 3333 says."""
    try:
        # A HEAD is answered by its headers; gunicorn drops what else it is given, with a warning each time.
        for part in () if response.req.method == "HEAD" else parts:
            response.write(part)
        response.close()
    finally:
        end(parts)


def end(parts: Any) -> None:
    """Tell an answer that wants to know it that nothing more is read of it."""
    if hasattr(parts, "close"):
        parts.close()
