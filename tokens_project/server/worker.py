"""The server's worker: an event loop holds every socket, and a request is answered only once it has wholly arrived.

gunicorn's own threaded worker reads requests in its threads, so that a dozen clients that send half a request and wait
stop it. Here a slow, silent or unfinished client, and one that does not read its answer, holds a socket (AVA-1).
gunicorn still parses every request and frames every answer.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable
from functools import partial

from gunicorn import util
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from tokens_project.server import limits
from tokens_project.server.answering import sent
from tokens_project.server.balance import Place
from tokens_project.server.connection import Connection, has_more, received
from tokens_project.server.dispatcher import Dispatcher
from tokens_project.server.framing import frame_as_here
from tokens_project.server.paths import reads_no_body
from tokens_project.server.requests import body_of, give_body, head_has_arrived, is_too_long_a_line, parsed_head
from tokens_project.server.room import in_one_piece
from tokens_project.server.settings_at_hand import put_at_hand
from tokens_project.server.threads import Threads


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn ships no types
    """gunicorn's threaded worker with requests read, and answers written, in its event loop."""

    def init_process(self) -> None:
        """Prepare the process, then serve until it is told to stop."""
        # Whose clients are waited for, the longest first, and what follows.
        self.waiting: dict[Connection, Callable[[Connection], None]] = {}
        self.next_sweep = self.next_notice = 0.0
        # Where the system allows few files, clients that only wait must not take what answers the others.
        most = limits.clients_beside_work(limits.allow_open_files(limits.MOST_OPEN_FILES))
        self.worker_connections = min(self.cfg.worker_connections, most)
        put_at_hand(self.cfg)
        frame_as_here()
        self.dispatcher = Dispatcher(self)
        self.place = Place(self.age)
        sys.setswitchinterval(limits.SWITCH_SECONDS)
        super().init_process()

    def run(self) -> None:
        """Serve until the process is told to stop, in a thread that answers too."""
        in_one_piece(super().run)

    def get_thread_pool(self) -> Threads:
        """The threads of the sites, which gunicorn ends with the process."""
        return self.dispatcher.pools.sites

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - as gunicorn calls it
        """Listen for new clients, or not; only one that listens, and has loaded its application, is left any."""
        if enabled:
            self.place.tell(self.nr_conns)
        super().set_accept_enabled(enabled and not self.place.is_leaving)

    def accept(self, listener: socket.socket) -> None:
        """Take a client in, or leave it to another worker."""
        if self.place.leaves_the_next():
            self.set_accept_enabled(False)
        else:
            self.take_in(listener)

    def take_in(self, listener: socket.socket) -> bool:
        """Take a client in, and say whether others may be there; at the bound the one that waited longest gives way."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE}:
                raise
            # Behind one that has left there may be others; for lack of files they wait until somebody gives way.
            return error.errno == errno.ECONNABORTED or (error.errno != errno.EAGAIN and self.give_way())
        self.nr_conns += 1
        self.place.tell(self.nr_conns)
        # Never at the bound itself, where gunicorn takes nobody in: silent clients could then keep others out.
        if self.nr_conns >= self.worker_connections:
            self.give_way()
        self.receive(Connection(sock, client, listener.getsockname()))
        return True

    def stop_listening(self) -> None:
        """Take in every client that is connected already, then close: the system resets those that nobody takes in."""
        for listener in self.sockets:
            while self.take_in(listener):
                pass
            listener.close()

    def give_way(self) -> bool:
        """Close the connection that has waited longest for its client; returns whether there was one."""
        if there := bool(self.waiting):
            self.close(next(iter(self.waiting)))
        return there

    def wait_for(self, connection: Connection, event: int, then: Callable[[Connection], None]) -> None:
        """Go on with the connection when its client does; `sweep` ends it when its time is up."""
        self.waiting[connection] = then
        if connection.watched_for != event:
            self.stop_watching(connection)
            self.poller.register(connection.sock, event, partial(self.go_on, connection))
            connection.watched_for = event

    def go_on(self, connection: Connection, _sock: socket.socket) -> None:
        """The client of a connection goes on; one that does before it is waited for is heard later."""
        self.waiting.get(connection, self.stop_watching)(connection)

    def stop_waiting(self, connection: Connection) -> None:
        """Let nothing that its client does go on with the connection; the poller may still watch its socket."""
        self.waiting.pop(connection, None)

    def stop_watching(self, connection: Connection) -> None:
        """Take the connection's socket out of the poller, if it is there."""
        if connection.watched_for:
            self.poller.unregister(connection.sock)
            connection.watched_for = 0

    def close(self, connection: Connection) -> None:
        """Let the client go."""
        self.stop_waiting(connection)
        self.stop_watching(connection)
        self.nr_conns -= 1
        self.place.tell(self.nr_conns)
        connection.sock.close()

    def receive(self, connection: Connection) -> None:
        """Take what has arrived, and go on as far as it leads."""
        data = received(connection.sock)
        if data is None:
            self.wait_for(connection, selectors.EVENT_READ, self.receive)
        elif not data:
            # The client has gone: an unfinished request is nobody's.
            self.close(connection)
        else:
            if connection.is_idle:
                connection.due = time.monotonic() + limits.HEAD_SECONDS
            connection.arrived += data
            self.advance(connection)

    def advance(self, connection: Connection) -> None:
        """Read the head, wait for the body, and have the whole request answered."""
        try:
            if (connection.request is not None or self.read_head(connection)) and self.take_body(connection):
                self.dispatcher.dispatch(connection)
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
        connection.due = now + limits.BODY_SECONDS
        if any(name == "AUTHORIZATION" and value for name, value in request.headers):
            connection.head_check_at = now + limits.HEAD_CHECK_SECONDS
        return True

    def take_body(self, connection: Connection) -> bool:
        """Whether the request is whole: its body has arrived, or is not waited for."""
        request, body, arrived = connection.request, connection.body, connection.arrived
        if not reads_no_body(request.path) and not body.has_arrived(arrived):
            if request._expected_100_continue:  # noqa: SLF001 - gunicorn itself would say it in a thread, too late
                request._expected_100_continue = False  # noqa: SLF001 - gunicorn has no other way to say it
                connection.outgoing.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                sent(connection)
            return False
        request._expected_100_continue = False  # noqa: SLF001 - as above
        whole = body.take(arrived) if body.has_arrived(arrived) else None
        # Where what is left of this request ends is not known: nothing behind it is read as another.
        connection.must_close = whole is None
        give_body(request, whole)
        return True

    def finish(self, connection: Connection, may_go_on: bool) -> None:  # noqa: FBT001 - what the job returned
        """Send what is left of the answer, then read the next request, or let the client go."""
        if connection.outgoing.unsent:
            connection.due = time.monotonic() + limits.ANSWER_SECONDS
            self.wait_for(connection, selectors.EVENT_WRITE, partial(self.send, may_go_on=may_go_on))
        elif not may_go_on:
            self.let_go(connection)
        elif connection.request is not None:
            # Its caller was asked for; now its body is waited for as before.
            self.advance(connection)
        elif connection.arrived:
            connection.due = time.monotonic() + limits.HEAD_SECONDS
            self.advance(connection)
        else:
            connection.due = time.monotonic() + (self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER)
            self.wait_for(connection, selectors.EVENT_READ, self.receive)

    def send(self, connection: Connection, *, may_go_on: bool) -> None:
        """Send more of the answer to a client that is slow to take it."""
        if not sent(connection):
            self.close(connection)
        elif not connection.outgoing.unsent:
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
            connection.due = time.monotonic() + limits.LINGER_SECONDS
            self.wait_for(connection, selectors.EVENT_READ, self.drop)
        else:
            self.close(connection)

    def drop(self, connection: Connection) -> None:
        """Read what a client still sends that has its answer."""
        if received(connection.sock) == b"":
            self.close(connection)

    def refuse(self, connection: Connection, error: Exception) -> None:
        """Answer what cannot be read as gunicorn does, and let the client go."""
        self.handle_error(connection.request, connection.outgoing, connection.client, error)
        self.end_with(connection)

    def end_with(self, connection: Connection) -> None:
        """Send the last answer of a connection."""
        self.stop_waiting(connection)
        connection.must_close = True
        sent(connection)
        self.finish(connection, may_go_on=False)

    def notify(self) -> None:
        """Tell gunicorn's master that this process lives; a few times a second, rather than for each event."""
        if time.monotonic() >= self.next_notice:
            self.next_notice = time.monotonic() + limits.NOTICE_SECONDS
            super().notify()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """One turn of the event loop."""
        longest = limits.SWEEP_SECONDS if self.waiting else timeout
        # Whether the moment lasts for which it has left a client may have changed since the loop asked.
        has_left = self.alive and not self._accepting
        super().wait_for_and_dispatch_events(min(timeout, limits.LEAVE_SECONDS if has_left else longest))
        self.dispatcher.answer_all()
        now = time.monotonic()
        if now >= self.next_sweep:
            self.next_sweep = now + limits.SWEEP_SECONDS
            self.sweep(now)

    def relieved_turn(self) -> None:
        """One turn of the event loop, in the relief's thread: with what `run` does between two turns."""
        self.dispatcher.relieve()
        self.notify()
        self.set_accept_enabled(self.alive and self.nr_conns < self.worker_connections)
        # What waits there may have woken the loop's own thread already, which then went no further.
        if not self.method_queue._queue.empty():  # noqa: SLF001 - gunicorn has no other way to ask
            self.dispatcher.end_turn()
        self.wait_for_and_dispatch_events(limits.RELIEF_SECONDS)

    def sweep(self, now: float) -> None:
        """End those whose time is up, and ask for the callers whose bodies are slow to arrive."""
        for connection in list(self.waiting):
            if now >= connection.due:
                self.end(connection)
            elif now >= connection.head_check_at:
                self.dispatcher.check_head(connection)

    def end(self, connection: Connection) -> None:
        """The time is up: 408 for an unfinished request (RFC 9110 §15.5.9), nothing for one that has not begun."""
        if connection.is_idle and not connection.outgoing.unsent and has_more(connection.sock):
            self.receive(connection)
        elif connection.is_idle or connection.outgoing.unsent or connection.must_close:
            self.close(connection)
        else:
            util.write_error(connection.outgoing, 408, "Request Timeout", "")
            self.end_with(connection)

    def _cap_keepalive(self, deadline: float) -> None:
        """The worker stops: it listens no more, idle clients go soon, unfinished requests a little later."""
        self.place.end()
        self.stop_listening()
        for connection in self.waiting:
            connection.due = min(connection.due, deadline + (0 if connection.is_idle else limits.STOP_SECONDS))
