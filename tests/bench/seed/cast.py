"""People, System Users, groups, scopes, applications and Resource Servers."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group

from accounts.models import User
from reference_tokens.models import HashKey, ResourceServer, ResourceServerSecret
from reference_tokens.token_values.key_ring import key_ring
from tests.bench.seed import words
from tests.bench.seed.bulk import insert
from trusted_apps.models import AccessTokensPolicy, Scope, TrustedApplication

GROUPS = 300
SERVERS = 20
POLICIES = [AccessTokensPolicy.AUTHENTICATED_USERS] * 16 + [AccessTokensPolicy.ADMINISTRATORS_ONLY] * 3
POLICIES += [AccessTokensPolicy.NONE]

APPLICATION = (
    "id application_uri name description is_enabled access_tokens_policy scopes system_user max_lifetime_days "
    "allows_tokens_without_expiry created_at"
).split()


def drawn_uuid(draw: Random) -> UUID:
    return UUID(int=draw.getrandbits(128), version=4)


@dataclass(frozen=True)
class Person:
    """What tokens need to know of a person."""

    id: UUID
    is_active: bool
    is_administrator: bool


@dataclass(frozen=True)
class Application:
    """What tokens need to know of an application."""

    id: UUID
    scopes: tuple[str, ...]
    is_enabled: bool
    policy: str
    longest_days: int | None
    allows_no_expiry: bool
    system_user: UUID | None


@dataclass(frozen=True)
class Cast:
    """Everybody and everything that tokens refer to."""

    people: list[Person]
    administrators: list[Person]
    applications: list[Application]
    # How large the share of the tokens is that the applications up to each one have.
    shares: list[float]
    servers: list[int]
    # Each "client id and secret", as a Resource Server sends them.
    credentials: list[str]


def store_cast(draw: Random, now: datetime.datetime, people: int, applications: int) -> Cast:
    """Store them all."""
    crowd = store_people(draw, now, people)
    systems = store_system_users(draw, max(applications // 3, 1))
    store_groups(draw, crowd)
    programs = store_applications(draw, now, applications, systems, crowd)
    servers, credentials = store_servers(draw, programs)
    # One application has half of the tokens, the others fewer and fewer.
    others = [1 / (rank + 2) for rank in range(applications - 1)]
    administrators = [person for person in crowd if person.is_administrator]
    return Cast(crowd, administrators, programs, list(accumulate([sum(others), *others])), servers, credentials)


def store_people(draw: Random, now: datetime.datetime, count: int) -> list[Person]:
    """People: a few administrate, a few are inactive."""
    crowd = [Person(drawn_uuid(draw), number % 33 != 7, number % 400 == 0) for number in range(count)]
    insert(
        User,
        ("id", "username", "name", "email", "password", "is_active", "is_administrator", "created_at"),
        (
            (
                person.id,
                f"{draw.choice(words.FIRST)[:1].lower()}.{draw.choice(words.TEAMS)}{number}",
                words.person_name(draw),
                f"person{number}@example.com" if number % 20 else "",
                "!unusable",
                person.is_active,
                person.is_administrator,
                now - datetime.timedelta(days=draw.randrange(1, 900)),
            )
            for number, person in enumerate(crowd)
        ),
    )
    return crowd


def store_system_users(draw: Random, count: int) -> list[UUID]:
    """Identities for software."""
    ids = [drawn_uuid(draw) for _ in range(count)]
    rows = ((id_, User.Kind.SYSTEM, f"svc-{number}", f"Service {number}", "!") for number, id_ in enumerate(ids))
    insert(User, ("id", "kind", "username", "name", "password"), rows)
    return ids


def store_groups(draw: Random, people: list[Person]) -> None:
    """Groups, and each person in up to three."""
    Group.objects.bulk_create(Group(name=f"{words.TEAMS[number % 10]} {number}") for number in range(GROUPS))
    ids = list(Group.objects.values_list("pk", flat=True))
    pairs = ((person.id, group) for person in people for group in draw.sample(ids, draw.randrange(4)))
    insert(User.groups.through, ("user", "group"), pairs)


def store_scopes() -> None:
    """Each act on each product is a scope."""
    names = {f"{product.lower()}:{act}" for product in words.PRODUCTS for act in words.ACTS}
    names -= set(Scope.objects.values_list("name", flat=True))
    insert(Scope, ("name", "description"), ((name, f"{name.capitalize()}.") for name in sorted(names)))


def store_applications(
    draw: Random, now: datetime.datetime, count: int, systems: list[UUID], people: list[Person]
) -> list[Application]:
    """Applications of mixed policies; the first, with half of the tokens, is open to everybody."""
    store_scopes()
    programs = []
    for number in range(count):
        product = words.PRODUCTS[number % len(words.PRODUCTS)].lower()
        offered = [f"{product}:{act}" for act in draw.sample(words.ACTS, draw.randrange(2, 9))]
        policy = draw.choice(POLICIES) if number else AccessTokensPolicy.AUTHENTICATED_USERS
        longest = draw.choice((None, None, None, 366, 90)) if number else None
        kept = tuple(sorted(offered))
        system = systems[number % len(systems)] if number % 3 < 2 else None
        programs.append(
            Application(drawn_uuid(draw), kept, number % 20 != 19, policy, longest, number % 4 == 0, system)
        )
    insert(TrustedApplication, APPLICATION, (row(draw, now, *numbered) for numbered in enumerate(programs)))
    owners = ((program.id, draw.choice(people).id) for program in programs if draw.random() < 0.5)
    insert(TrustedApplication.owners.through, ("trustedapplication", "user"), owners)
    return programs


def row(draw: Random, now: datetime.datetime, number: int, program: Application) -> tuple[Any, ...]:
    """What is stored of an application, in the order of `APPLICATION`."""
    return (
        program.id,
        f"com.example/{program.scopes[0].partition(':')[0]}-{number}",
        f"{words.PRODUCTS[number % len(words.PRODUCTS)]} {number}",
        f"For {draw.choice(words.TEAMS)}",
        program.is_enabled,
        program.policy,
        program.scopes,
        program.system_user,
        program.longest_days,
        program.allows_no_expiry,
        now - datetime.timedelta(days=900 - number % 100),
    )


def store_servers(draw: Random, programs: list[Application]) -> tuple[list[int], list[str]]:
    """Resource Servers with a secret each; the first few ask about all applications."""
    key, _created = HashKey.objects.get_or_create(id=key_ring().current_id)
    servers, credentials = [], []
    for number in range(SERVERS):
        server = ResourceServer.objects.create(
            client_id=f"rs_{draw.getrandbits(80):020x}",
            name=f"{words.PRODUCTS[number]} API",
            asks_for_all_applications=number < 5,
        )
        secret = "enrs_" + hashlib.sha256(draw.randbytes(32)).hexdigest()
        ResourceServerSecret.objects.create(server=server, digest=key_ring().digest(secret), hash_key=key)
        asked = draw.sample(programs, len(programs) // 4)
        server.applications.set(TrustedApplication.objects.filter(pk__in=[program.id for program in asked]))
        servers.append(server.pk)
        credentials.append(f"{server.client_id} {secret}")
    return servers, credentials
