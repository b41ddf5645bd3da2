"""What is done to the deployment, one fault after the other; each says what was tried and what came of it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from random import Random
from time import sleep

import psycopg
import redis

from tests import postgresql
from tests.deployment.deployed import Deployment, end
from tests.deployment.faults.callers import Callers, Since, children, stopped
from tests.long_runs import rounds

CHANCE = Random(16)
STANDS_STILL = 8.0
MANY = 100
# So long nginx leaves a server alone that did not answer, and a little longer.
ASKED_AGAIN = 1.5

Fault = Callable[[Deployment, Callers], str]


def killed_servers(deployment: Deployment, callers: Callers) -> str:
    """Fault 1: kill -9 of server processes while tokens are issued and revoked."""
    number, since = rounds(20, long=200), Since(callers)
    for _round in range(number):
        # With both away nobody could answer.
        sleep(ASKED_AGAIN + CHANCE.random())
        os.kill(CHANCE.choice(children(deployment.process(CHANCE.choice(deployment.ports)))), signal.SIGKILL)
        Since(callers).wait_until_all_is_well()
    return f"{number} processes killed; {since.told()}"


def killed_mass_revocation(deployment: Deployment, callers: Callers) -> str:
    """Fault 2: kill -9 in the middle of a mass revocation."""
    uri, number, whole = "com.example/mass", rounds(10, long=100), 0
    words = ("create_application", uri, "--name", "Mass", "--scopes", "read", "--access-tokens", "AdministratorsOnly")
    made = deployment.command(*words, "--system-user", "svc-orders", "--json").json
    program = str(deployment.machine.code / "bin" / "reference-tokens")
    for _round in range(number):
        for _token in range(MANY - live_of(deployment, uri)):
            assert callers.issued(made["id"])
        process = subprocess.Popen(
            [program, "revoke_tokens", "--application", uri, "--yes"],
            cwd="/",
            env={**os.environ, **deployment.settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        sleep(CHANCE.uniform(0.5, 3))
        process.kill()
        process.wait()
        live = live_of(deployment, uri)
        assert live in {0, MANY}, live
        whole += not live
    return f"{number} of {MANY} tokens killed: {whole} had revoked all of them, {number - whole} none, no one a part"


def live_of(deployment: Deployment, uri: str) -> int:
    """How many tokens of the application are not revoked."""
    with psycopg.connect(deployment.database) as connection:
        found = connection.execute(
            "SELECT count(*) FROM reference_tokens_referencetoken AS token"
            " JOIN trusted_apps_trustedapplication AS app ON app.id = token.application_id"
            " WHERE application_uri = %s AND revoked_at IS NULL",
            [uri],
        ).fetchone()
    return int((found or [0])[0])


def ended_connections(deployment: Deployment, callers: Callers) -> str:
    """Fault 3: the database ends every connection."""
    number, since = rounds(10, long=100), Since(callers)
    for _round in range(number):
        with psycopg.connect(deployment.database) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        sleep(CHANCE.uniform(0.1, 0.5))
    Since(callers).wait_until_all_is_well()
    return f"all connections ended {number} times; {since.told()}"


def crashed_database(deployment: Deployment, callers: Callers) -> str:
    """Fault 3: the database is lost as by a power cut, and comes back."""
    since = Since(callers)
    postgresql.act_on(deployment.database, "restart", "-m", "immediate", "-l", "log")
    seconds = since.wait_until_all_is_well()
    return f"crashed and started again; all was well {seconds:.1f} s after the crash; {since.told()}"


def frozen_database(deployment: Deployment, callers: Callers) -> str:
    """Fault 3: the database stands still, closes nothing and answers nothing."""
    since = Since(callers)
    with postgresql.frozen(deployment.database):
        sleep(STANDS_STILL)
    seconds = since.wait_until_all_is_well() - STANDS_STILL
    return f"stood still for {STANDS_STILL:.0f} s; all was well {seconds:.1f} s after it; {since.told()}"


def long_locks(deployment: Deployment, callers: Callers) -> str:
    """Fault 4: somebody locks every token and every application for long."""
    since = Since(callers)
    with psycopg.connect(deployment.database) as connection:
        for table in ("trusted_apps_trustedapplication", "reference_tokens_referencetoken"):
            connection.execute(f"SELECT id FROM {table} FOR UPDATE")
        sleep(STANDS_STILL)
    return f"every row locked for {STANDS_STILL:.0f} s; {since.told()}"


def lost_cache(deployment: Deployment, callers: Callers) -> str:
    """Fault 6: Redis stands still, then comes back empty."""
    since = Since(callers)
    with redis.Redis.from_url(deployment.cache) as client:
        with stopped(int(client.info("server")["process_id"])):
            sleep(STANDS_STILL)
        client.flushall()
    return f"Redis stood still for {STANDS_STILL:.0f} s and came back empty; {since.told()}"


def restarted_servers(deployment: Deployment, callers: Callers) -> str:
    """Fault 9: the servers are ended by SIGTERM and started again, one after the other."""
    number, since = rounds(2, long=20), Since(callers)
    for _round in range(number):
        for port in deployment.ports:
            end(deployment.process(port))
            deployment.serve(port)
            sleep(ASKED_AGAIN)
    return f"both servers restarted {number} times, one after the other; {since.told()}"


FAULTS: list[Fault] = [
    *(killed_servers, killed_mass_revocation, ended_connections, crashed_database, frozen_database),
    *(long_locks, lost_cache, restarted_servers),
]
