"""Several servers measured in turns, so that what the machine does meanwhile meets all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random

from tests.bench import client, cpu, databases
from tests.bench.client import CONNECTIONS
from tests.bench.contestants import Contestant
from tests.bench.databases import Database
from tests.bench.servers import Server, serving

WARM_UP = 150
BACKENDS = """
    SELECT pid, query ~* '^\\s*(SELECT|EXECUTE|WITH)' OR query = '' FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""


@dataclass
class Measured:
    """What the requests to one contestant took together, in seconds."""

    name: str
    requests: int = 0
    elapsed: float = 0.0
    cpu: float = 0.0
    database: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def microseconds(self) -> float:
        """Of the server's processes, for a request."""
        return self.cpu / self.requests * 1e6

    @property
    def database_microseconds(self) -> float:
        """Of PostgreSQL's, for a request."""
        return self.database / self.requests * 1e6

    @property
    def with_database(self) -> float:
        return self.microseconds + self.database_microseconds

    @property
    def per_second(self) -> float:
        return self.requests / self.elapsed

    def percentile(self, part: float) -> float:
        """The milliseconds within which this part of the answers came."""
        return client.percentile(self.latencies, part)


@dataclass
class Background:
    """What storing uses took for a request, in microseconds: of the process, and of the database."""

    process: float
    database: float

    @property
    def both(self) -> float:
        return self.process + self.database


class Backends:
    """The processor time of PostgreSQL's processes; of SQLite, which has none, nothing."""

    def __init__(self, database: Database) -> None:
        self.url = database.url.rpartition("/")[0] + "/postgres" if database.vendor == "PostgreSQL" else None
        # Those that have been seen to write: they store uses.
        self.storing: set[int] = set()

    def cpu(self) -> dict[int, float]:
        """The seconds of each."""
        if self.url is None:
            return {}
        import psycopg

        with psycopg.connect(self.url) as connection:
            found = connection.execute(BACKENDS).fetchall()
        self.storing |= {pid for pid, reads in found if not reads}
        return {pid: sum(cpu.by_thread([pid]).values()) for pid, _reads in found}

    def since(self, before: dict[int, float], *, storing: bool) -> float:
        """The seconds that have passed, of those that answer, or of those that store uses."""
        now = self.cpu()
        return sum(spent - before.get(pid, 0) for pid, spent in now.items() if (pid in self.storing) is storing)


class Rounds:
    """The running servers of some contestants, and what their requests took."""

    def __init__(self, database: Database, servers: dict[Contestant, Server], draw: Random) -> None:
        self.database, self.servers, self.draw = database, servers, draw
        self.backends = Backends(database)
        self.measured = {contestant.name: Measured(contestant.name) for contestant in servers}
        for contestant in servers:
            self.load(contestant, WARM_UP)

    def load(
        self, contestant: Contestant, count: int, tokens: Sequence[str] = (), connections: int = CONNECTIONS
    ) -> client.Load:
        chosen = self.draw.choices(tokens or self.database.tokens, k=count)
        requests = (contestant.request(token) for token in chosen)
        return client.load(self.servers[contestant].port, requests, contestant.expected, connections=connections)

    def measure(self, contestant: Contestant, count: int, connections: int = CONNECTIONS) -> None:
        """Ask so often, and add what it took."""
        server, found = self.servers[contestant], self.measured[contestant.name]
        before, database_before = server.cpu()[0], self.backends.cpu()
        loaded = self.load(contestant, count, connections=connections)
        found.cpu += server.cpu()[0] - before
        found.database += self.backends.since(database_before, storing=False)
        found.requests += loaded.requests
        found.elapsed += loaded.seconds
        found.latencies += loaded.latencies

    def run(self, rounds: int, count: int, connections: int = CONNECTIONS) -> None:
        """Each contestant in each round, in an order that changes."""
        contestants = list(self.servers)
        for _ in range(rounds):
            self.draw.shuffle(contestants)
            for contestant in contestants:
                self.measure(contestant, count, connections)

    def background(self, contestant: Contestant, count: int, tokens: Sequence[str], flush_seconds: float) -> Background:
        """What storing the uses of these tokens takes for each of so many requests."""
        server = self.servers[contestant]
        time.sleep(flush_seconds)
        before, database_before = server.cpu()[1], self.backends.cpu()
        self.load(contestant, count, tokens)
        time.sleep(flush_seconds)
        process, database = server.cpu()[1] - before, self.backends.since(database_before, storing=True)
        return Background(process / count * 1e6, database / count * 1e6)


@contextmanager
def rounds_of(database: Database, contestants: Sequence[Contestant], **environment: str) -> Iterator[Rounds]:
    """Start the servers, one for those that share it, and end them."""
    logs = databases.FOLDER / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        running: dict[object, Server] = {}
        for number, contestant in enumerate(contestants):
            if contestant.server not in running:
                values = contestant.environment | environment
                log = logs / f"{number}.log"
                running[contestant.server] = stack.enter_context(serving(contestant.configuration, values, log))
        yield Rounds(database, {one: running[one.server] for one in contestants}, Random(12))
