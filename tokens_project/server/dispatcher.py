"""Where a whole request is answered: in the event loop, in a thread, or, where too many wait already, not at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from tokens_project.server import limits
from tokens_project.server.answering import answer, answer_and_send, check_head, sent
from tokens_project.server.paths import only_reads, path_of
from tokens_project.server.refusing import busy_answer
from tokens_project.server.relief import Relief
from tokens_project.server.threads import Pools, Threads

if TYPE_CHECKING:
    from tokens_project.server.connection import Connection
    from tokens_project.server.worker import Worker


class Dispatcher:
    """Has the requests of a worker answered."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.pools = Pools(worker.cfg.threads, worker.worker_connections)
        # What the event loop has read, and answers next.
        self.to_answer: deque[Connection] = deque()
        # What it has answered, and sends after that; and whether the client may send another request.
        self.to_send: deque[tuple[Connection, bool]] = deque()
        self.relief = Relief(worker.relieved_turn, self.end_turn, worker.log.exception)

    def end_turn(self) -> None:
        """End the turn of the event loop that waits for something to happen."""
        self.worker.method_queue.defer(lambda: None)

    def dispatch(self, connection: Connection) -> None:
        """Have a request answered: in the event loop at the end of its turn, where it only reads, else in a thread."""
        self.worker.stop_waiting(connection)
        connection.arrived_at = monotonic()
        if not only_reads(path_of(connection.request), connection.request.method):
            self.hand_over(connection)
            return
        self.to_answer.append(connection)
        if len(self.to_answer) >= limits.ANSWERED_TOGETHER:
            self.answer_all()

    def answer_all(self) -> None:
        """Answer what was read, in the event loop unless answers wait there; then send what was answered.

        To do each for all and then the next, and not all for each, takes an eighth less of the processor: its caches
        keep what it is doing.
        """
        while self.to_answer:
            connection = self.to_answer.popleft()
            if self.relief.lets_the_loop_answer:
                may_go_on = self.relief.give(partial(answer, self.worker, connection))
                self.to_send.append((connection, may_go_on))
            else:
                self.hand_over(connection)
        self.send_all()

    def send_all(self) -> None:
        """Send what the event loop has answered, and go on with its clients."""
        while self.to_send:
            connection, may_go_on = self.to_send.popleft()
            may_go_on = sent(connection) and may_go_on
            if connection.arrived:
                # The next request is there already: after those of others, and not within the call for this one.
                self.worker.method_queue.defer(self.worker.finish, connection, may_go_on)
            else:
                self.worker.finish(connection, may_go_on)

    def relieve(self) -> None:
        """While an answer waits that the event loop gives: send those before it, and hand over those behind it."""
        self.send_all()
        self.answer_all()

    def hand_over(self, connection: Connection) -> None:
        """Have a thread answer, or say 503 where too many wait already: each of them keeps a connection from others.

        A flood of pages, or of requests that wait for a dead database, must not keep validation and `/healthz` out.
        """
        path = path_of(connection.request)
        threads = self.pools.of(path)
        if threads.are_overrun:
            connection.outgoing.sendall(busy_answer(path))
            sent(connection)
            self.worker.finish(connection, may_go_on=False)
        else:
            self.submit(connection, answer_and_send, threads)

    def check_head(self, connection: Connection) -> None:
        """Ask for the caller of a request whose body is slow to arrive, as soon as there is room for that."""
        threads = self.pools.of(path_of(connection.request))
        if not threads.are_overrun:
            connection.head_check_at = float("inf")
            self.worker.stop_waiting(connection)
            self.submit(connection, check_head, threads)

    def submit(self, connection: Connection, job: Callable[[Worker, Connection], bool], threads: Threads) -> None:
        """Run the job in one of these threads; the event loop goes on with the connection after it."""
        worker = self.worker
        threads.submit(lambda: worker.method_queue.defer(worker.finish, connection, job(worker, connection)))
