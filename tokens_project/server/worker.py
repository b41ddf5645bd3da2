"""The server's worker: an event loop holds every socket, and a thread runs only for a request that has wholly arrived.

gunicorn's own threaded worker reads requests in its threads, so that a dozen clients that send half a request and wait
stop it. Here a slow, silent or unfinished client, and one that does not read its answer, holds a socket (AVA-1). What
the sites do holds no thread of the machine addresses (AVA-3), and `/healthz` has a thread of its own. gunicorn still
parses every request and frames every answer.
"""

from __future__ import annotations

import contextlib
import errno
import io
import queue
import resource
import selectors
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn import util
from gunicorn.http import wsgi
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from tokens_project.server.requests import (
    BodyOfLength,
    body_of,
    give_body,
    head_has_arrived,
    is_too_long_a_line,
    parsed_head,
)

if TYPE_CHECKING:
    from tokens_project.server.requests import ChunkedBody

# How long a client may take, in total and in seconds: for a request's head, for its body, for reading the answer.
HEAD_SECONDS = 10
BODY_SECONDS = 20
ANSWER_SECONDS = 60
# A body that is not there by then may be long in coming: a caller that authenticates by header is asked first.
HEAD_CHECK_SECONDS = 0.25
# What is left of a request that was refused is read and dropped, or the client may lose the answer (RFC 9112 §9.6).
LINGER_SECONDS = 2
STOP_SECONDS = 5
SWEEP_SECONDS = 0.1
RECEIVED_AT_ONCE = 65_536
# An answer is sent in pieces of this size; a thread waits for its client only where more than the second is left.
SENT_AT_ONCE = 65_536
LONGEST_UNSENT = 1_048_576
MOST_OPEN_FILES = 8192
# Of the files that a process may have open, so many are for its work: connections to the database, templates, modules.
FILES_FOR_WORK = 100
HEALTH_PATH = "/healthz"
# Which part of a worker's connections may wait for the threads of the sites, of the machine addresses, of `/healthz`:
# together less than all, so that there is always room for one more client, and for whom others do not stand before.
SHARE_OF_SITES, SHARE_OF_MACHINES, SHARE_OF_HEALTH = 1 / 4, 1 / 2, 1 / 8
BUSY_SECONDS = 5
# In this key of the WSGI environment the application is told that the body has not arrived, and that it may only
# refuse the caller; 100 as its status says that the caller may go on.
HEAD_ONLY = "reference_tokens.head_only"
GO_ON = 100
# Python lets a thread compute for this long while others wait; at its own 5 ms a page would hold up a validation.
SWITCH_SECONDS = 0.001


class Outgoing:
    """What gunicorn takes for the client's socket: it collects an answer, and sends what the client takes at once."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.unsent = bytearray()

    def sendall(self, data: bytes) -> None:
        """Take a piece of the answer; wait for the client only where very much is left unsent."""
        self.unsent += data
        if len(self.unsent) >= SENT_AT_ONCE:
            self.push()
        if len(self.unsent) > LONGEST_UNSENT:
            self._sock.settimeout(ANSWER_SECONDS)
            try:
                self._sock.sendall(self.unsent)
            finally:
                self._sock.setblocking(False)
            self.unsent.clear()

    def push(self) -> None:
        """Send what the client takes now; raises `OSError` where the client is gone."""
        with contextlib.suppress(BlockingIOError):
            while self.unsent:
                del self.unsent[: self._sock.send(self.unsent)]

    def gettimeout(self) -> float:
        """Not to be made non-blocking by gunicorn: it never blocks."""
        return 0.0


class Connection:
    """One client: its socket, what has arrived from it, and the request that is read or answered."""

    def __init__(self, sock: socket.socket, client: Any, server: Any) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.client = client
        self.server = server
        self.outgoing = Outgoing(sock)
        self.arrived = bytearray()
        self.number = 0
        # When the client's time is up, by the monotonic clock.
        self.due = time.monotonic() + HEAD_SECONDS
        self.await_request()

    def await_request(self) -> None:
        """Begin with the next request."""
        self.request: Any = None
        self.body: BodyOfLength | ChunkedBody = BodyOfLength(0)
        self.searched = 0
        self.must_close = False
        # When to ask for the caller, where the body is slow to arrive; never again once that was done.
        self.head_check_at = float("inf")
        # The answer cannot be ended: the client must not take what it has of it for the whole.
        self.is_broken_off = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has arrived."""
        return self.request is None and not self.arrived


class Threads:
    """A fixed number of threads that run jobs in turn; `most_waiting` jobs may wait for them."""

    def __init__(self, number: int, name: str, *, most_waiting: float) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._number = number
        self._most_waiting = most_waiting
        for _each in range(number):
            # A thread that waits for a dead database must not keep the process from ending.
            threading.Thread(target=self._run, name=name, daemon=True).start()

    @property
    def are_overrun(self) -> bool:
        """Whether as many jobs wait already as may."""
        return self._jobs.qsize() >= self._most_waiting

    def submit(self, job: Callable[[], None]) -> None:
        """Run the job in the next thread that is free."""
        self._jobs.put(job)

    def shutdown(self, *, wait: bool = False) -> None:  # noqa: ARG002 - as gunicorn calls its pool
        """End each thread after its job."""
        for _each in range(self._number):
            self._jobs.put(None)

    def _run(self) -> None:
        while job := self._jobs.get():
            job()


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn ships no types
    """gunicorn's threaded worker with requests read, and answers written, in its event loop."""

    def init_process(self) -> None:
        """Prepare the process, then serve until it is told to stop."""
        self.waiting: dict[Connection, None] = {}
        self.next_sweep = 0.0
        # Where the system allows few files, clients that only wait must not take what answers the others.
        self.worker_connections = min(
            self.cfg.worker_connections, clients_beside_work(allow_open_files(MOST_OPEN_FILES))
        )
        self.machine_threads = self.threads(self.cfg.threads, "machine", SHARE_OF_MACHINES)
        self.health_thread = self.threads(1, "health", SHARE_OF_HEALTH)
        sys.setswitchinterval(SWITCH_SECONDS)
        super().init_process()

    def get_thread_pool(self) -> Threads:
        """The threads of the sites, which gunicorn ends with the process."""
        return self.threads(self.cfg.threads, "site", SHARE_OF_SITES)

    def threads(self, number: int, name: str, share: float) -> Threads:
        """So many threads, for which this share of the connections may wait."""
        return Threads(number, name, most_waiting=share * self.worker_connections)

    def threads_for(self, path: str) -> Threads:
        """Machine addresses have threads of their own, and the one that needs no database has one more."""
        if path == HEALTH_PATH:
            return self.health_thread
        return self.machine_threads if is_machine_path(path) else self.tpool

    # --- In the event loop -------------------------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        """Take a client in; at the bound of connections the one that has waited longest gives way."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                self.give_way()
            elif error.errno not in {errno.EAGAIN, errno.ECONNABORTED}:
                raise
            return
        self.nr_conns += 1
        # Never at the bound itself, where gunicorn takes nobody in: silent clients could then keep others out.
        if self.nr_conns >= self.worker_connections:
            self.give_way()
        self.receive(Connection(sock, client, listener.getsockname()))

    def give_way(self) -> None:
        """Close the connection that has waited longest for its client."""
        if oldest := next(iter(self.waiting), None):
            self.close(oldest)

    def wait_for(self, connection: Connection, event: int, then: Callable[[Connection], None]) -> None:
        """Go on with the connection when its client does; `sweep` ends it when its time is up."""
        if connection not in self.waiting:
            self.waiting[connection] = None
            self.poller.register(connection.sock, event, lambda _sock: then(connection))

    def stop_waiting(self, connection: Connection) -> None:
        """Take the connection out of the event loop, if it is there."""
        if connection in self.waiting:
            del self.waiting[connection]
            self.poller.unregister(connection.sock)

    def close(self, connection: Connection) -> None:
        """Let the client go."""
        self.stop_waiting(connection)
        self.nr_conns -= 1
        connection.sock.close()

    def receive(self, connection: Connection) -> None:
        """Take what has arrived, and go on as far as it leads."""
        data = received(connection.sock)
        if data is None:
            self.wait_for(connection, selectors.EVENT_READ, self.receive)
            return
        if not data:
            # The client has gone: an unfinished request is nobody's.
            self.close(connection)
            return
        if connection.is_idle:
            connection.due = time.monotonic() + HEAD_SECONDS
        connection.arrived += data
        self.advance(connection)

    def advance(self, connection: Connection) -> None:
        """Read the head, wait for the body, and hand the whole request to a thread."""
        try:
            has_head = connection.request is not None or self.read_head(connection)
            if has_head and self.take_body(connection):
                self.dispatch_or_turn_away(connection)
            else:
                self.wait_for(connection, selectors.EVENT_READ, self.receive)
        except Exception as error:  # noqa: BLE001 - what a client sends is answered, whatever it is
            self.refuse(connection, error)

    def read_head(self, connection: Connection) -> bool:
        """Whether the head has arrived; raises gunicorn's exceptions for one that is none."""
        arrived = connection.arrived
        if not (head_has_arrived(arrived, connection.searched) or is_too_long_a_line(arrived)):
            connection.searched = len(arrived)
            return False
        connection.number += 1
        request, behind = parsed_head(self.cfg, bytes(arrived), connection.client, connection.number)
        connection.arrived = bytearray(behind)
        connection.request = request
        connection.body = body_of(request)
        now = time.monotonic()
        connection.due = now + BODY_SECONDS
        if any(name == "AUTHORIZATION" and value for name, value in request.headers):
            connection.head_check_at = now + HEAD_CHECK_SECONDS
        return True

    def take_body(self, connection: Connection) -> bool:
        """Whether the request is whole: its body has arrived, or is not waited for."""
        request, body, arrived = connection.request, connection.body, connection.arrived
        if not reads_no_body(request.path) and not body.has_arrived(arrived):
            if request._expected_100_continue:  # noqa: SLF001 - gunicorn itself would say it in a thread, too late
                request._expected_100_continue = False  # noqa: SLF001
                connection.outgoing.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                connection.outgoing.push()
            return False
        request._expected_100_continue = False  # noqa: SLF001
        whole = body.take(arrived) if body.has_arrived(arrived) else None
        # Where what is left of this request ends is not known: nothing behind it is read as another.
        connection.must_close = whole is None
        give_body(request, whole)
        return True

    def dispatch_or_turn_away(self, connection: Connection) -> None:
        """Have the request answered, by 503 where too many wait already: each of them keeps a connection from others.

        A flood of pages, or of requests that wait for a dead database, must not keep validation and `/healthz` out.
        """
        path = path_of(connection.request)
        if not self.threads_for(path).are_overrun:
            self.dispatch(connection, self.answer)
            return
        self.stop_waiting(connection)
        connection.outgoing.sendall(busy_answer(path))
        with contextlib.suppress(OSError):
            connection.outgoing.push()
        self.finish(connection, may_go_on=False)

    def dispatch(self, connection: Connection, job: Callable[[Connection], bool]) -> None:
        """Run the job in a thread; the event loop goes on with the connection after it."""
        self.stop_waiting(connection)
        finished = partial(self.method_queue.defer, self.finish, connection)
        self.threads_for(path_of(connection.request)).submit(lambda: finished(job(connection)))

    def finish(self, connection: Connection, may_go_on: bool) -> None:  # noqa: FBT001 - what the job returned
        """Send what is left of the answer, then read the next request, or let the client go."""
        if connection.outgoing.unsent:
            connection.due = time.monotonic() + ANSWER_SECONDS
            self.wait_for(connection, selectors.EVENT_WRITE, partial(self.send, may_go_on=may_go_on))
        elif not may_go_on:
            self.let_go(connection)
        elif connection.request is not None:
            # Its caller was asked for; now its body is waited for as before.
            self.advance(connection)
        else:
            now = time.monotonic()
            connection.due = now + (self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER)
            if connection.arrived:
                connection.due = now + HEAD_SECONDS
                self.advance(connection)
            else:
                self.wait_for(connection, selectors.EVENT_READ, self.receive)

    def send(self, connection: Connection, *, may_go_on: bool) -> None:
        """Send more of the answer to a client that is slow to take it."""
        try:
            connection.outgoing.push()
        except OSError:
            self.close(connection)
            return
        if not connection.outgoing.unsent:
            self.stop_waiting(connection)
            self.finish(connection, may_go_on)

    def let_go(self, connection: Connection) -> None:
        """Close; where more of the request may be on its way it is read and dropped, or the answer may be lost."""
        if connection.is_broken_off:
            # Without the ordinary end, which is all that tells the client of an answer of no length that it is whole.
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close(connection)
            return
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_WR)
        if connection.must_close or connection.arrived:
            connection.due = time.monotonic() + LINGER_SECONDS
            self.wait_for(connection, selectors.EVENT_READ, self.drop)
        else:
            self.close(connection)

    def drop(self, connection: Connection) -> None:
        """Read what a client still sends that has its answer."""
        if received(connection.sock) == b"":
            self.close(connection)

    def refuse(self, connection: Connection, error: Exception) -> None:
        """Answer what cannot be read as gunicorn does, and let the client go."""
        self.stop_waiting(connection)
        self.handle_error(connection.request, connection.outgoing, connection.client, error)
        self.end_with(connection)

    def end_with(self, connection: Connection) -> None:
        """Send the last answer of a connection."""
        connection.must_close = True
        with contextlib.suppress(OSError):
            connection.outgoing.push()
        self.finish(connection, may_go_on=False)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """One turn of the event loop."""
        super().wait_for_and_dispatch_events(min(timeout, SWEEP_SECONDS) if self.waiting else timeout)
        now = time.monotonic()
        if now >= self.next_sweep:
            self.next_sweep = now + SWEEP_SECONDS
            self.sweep(now)

    def sweep(self, now: float) -> None:
        """End those whose time is up, and ask for the callers whose bodies are slow to arrive."""
        for connection in list(self.waiting):
            if now >= connection.due:
                self.end(connection)
            elif now >= connection.head_check_at and not self.threads_for(path_of(connection.request)).are_overrun:
                connection.head_check_at = float("inf")
                self.dispatch(connection, self.check_head)

    def end(self, connection: Connection) -> None:
        """The time is up: 408 for an unfinished request (RFC 9110 §15.5.9), nothing for an idle connection."""
        if connection.is_idle or connection.outgoing.unsent or connection.must_close:
            self.close(connection)
            return
        self.stop_waiting(connection)
        util.write_error(connection.outgoing, 408, "Request Timeout", "")
        self.end_with(connection)

    def _cap_keepalive(self, deadline: float) -> None:
        """The worker stops: idle clients go soon, unfinished requests a little later."""
        for connection in self.waiting:
            connection.due = min(connection.due, deadline + (0 if connection.is_idle else STOP_SECONDS))

    # --- In a thread -------------------------------------------------------------------------------------------------

    def answer(self, connection: Connection) -> bool:
        """Run the application; whether the client may send another request."""
        request, response = connection.request, None
        try:
            response, environ = self.begin(connection)
            self.run_application(response, environ)
            connection.outgoing.push()
        except (ConnectionError, TimeoutError):
            # The client is gone, with what was meant for it.
            connection.outgoing.unsent.clear()
            return False
        except Exception as error:
            if response is not None and response.headers_sent:
                # Another status would become a part of what was sent: of a file, its last line.
                self.log.exception("An answer was broken off: %s %s", request.method, request.path)
                connection.outgoing.unsent.clear()
                connection.is_broken_off = True
            else:
                # As gunicorn does: logged, and answered with 500.
                self.handle_error(request, connection.outgoing, connection.client, error)
            return False
        if response.should_close():
            return False
        connection.await_request()
        return True

    def check_head(self, connection: Connection) -> bool:
        """Ask for the caller before the body is there; whether the client may go on with it."""
        connection.request.body, body = io.BytesIO(), connection.request.body
        try:
            response, environ = self.begin(connection)
            environ[HEAD_ONLY] = True
            parts = self.wsgi(environ, response.start_response)
            if response.status_code == GO_ON:
                parts.close()
                connection.request.body = body
                return True
            response.force_close()
            write(response, parts)
            connection.must_close = True
            connection.outgoing.push()
        except Exception as error:  # noqa: BLE001 - as above
            self.handle_error(connection.request, connection.outgoing, connection.client, error)
        return False

    def begin(self, connection: Connection) -> tuple[Any, dict[str, Any]]:
        """gunicorn's response and environment for a request."""
        response, environ = wsgi.create(
            connection.request, connection.outgoing, connection.client, connection.server, self.cfg
        )
        environ["wsgi.multithread"] = True
        if connection.must_close or not self.alive:
            response.force_close()
        return response, environ

    def run_application(self, response: Any, environ: dict[str, Any]) -> None:
        """Let the application answer."""
        write(response, self.wsgi(environ, response.start_response))


def busy_answer(path: str) -> bytes:
    """503, in the form of the address: for what cannot even wait."""
    kind, text = (
        ("application/json", '{"error": "temporarily_unavailable"}')
        if is_machine_path(path)
        else ("text/plain", "Too many requests wait already. Try again in a moment.\n")
    )
    head = (
        "HTTP/1.1 503 Service Unavailable",
        "Connection: close",
        f"Retry-After: {BUSY_SECONDS}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        f"Content-Type: {kind}",
        f"Content-Length: {len(text)}",
    )
    return "\r\n".join((*head, "", text)).encode("ascii")


def write(response: Any, parts: Any) -> None:
    """Write each part of an answer, then end it, as PEP 3333 says."""
    try:
        # A HEAD is answered by its headers; gunicorn drops what else it is given, with a warning each time.
        for part in () if response.req.method == "HEAD" else parts:
            response.write(part)
        response.close()
    finally:
        if hasattr(parts, "close"):
            parts.close()


def received(sock: socket.socket) -> bytes | None:
    """What has arrived; None where nothing has, empty where the client is gone."""
    try:
        return sock.recv(RECEIVED_AT_ONCE)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def path_of(request: Any) -> str:
    """The path as the application will see it."""
    return str(util.unquote_to_wsgi_str(request.path))


def is_machine_path(path: str) -> bool:
    """Whether the address is one for machines."""
    from reference_tokens.endpoints.routes import machine_view  # noqa: PLC0415 - Django is set up by now, and not before

    return machine_view(path) is not None


def reads_no_body(path: str) -> bool:
    """Forward auth never reads a body: what a proxy passes on there is the head of another request (contract 4.4)."""
    return path.startswith("/auth/")


def allow_open_files(most: int) -> int:
    """Let this process hold as many files as it may, up to `most`: each client is one. Returns how many it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


def clients_beside_work(files: int) -> int:
    """How many of these files may be clients."""
    return max(files - FILES_FOR_WORK, files // 2)
