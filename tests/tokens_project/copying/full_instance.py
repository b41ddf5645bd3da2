"""An instance with rows in every table: what people and programs leave behind, and elsewhere made-up ones."""

from __future__ import annotations

import uuid
from datetime import timedelta
from random import Random
from typing import Any

from django.apps import apps
from django.db.models import AutoField, Model
from django.utils import timezone

from accounts.audit.marks import SIGNED, Place, set_mark
from accounts.models import AuditHead
from tests.factories import (
    ApplicationFactory,
    ResourceServerFactory,
    UserFactory,
    alter,
    another_device,
    delivery_made,
    issued_pat,
    issued_sat,
    rotated,
)

WORDS = ("Zoë's laptop", 'say "hi", twice', "tab\tand\\backslash", "łódź 🗝", "100 %", "plain")


def fill_every_table(draw: Random) -> list[str]:
    """Fill the default database; returns the values of some good tokens."""
    application = ApplicationFactory.create(with_system_user=True, name=draw.choice(WORDS))
    server = ResourceServerFactory.create()
    server.applications.add(application)
    values = []
    for number in range(draw.randrange(3, 6)):
        person = UserFactory.create(name=draw.choice(WORDS), time_zone="Europe/Berlin")
        application.owners.add(person)
        pat = issued_pat(person, application, description=f"{draw.choice(WORDS).replace(chr(9), ' ')} {number}")
        alter(pat.token, last_used_at=timezone.now() - timedelta(hours=number), last_used_address="2001:db8::7")
        values += [rotated(pat.token).plaintext, issued_sat(application).plaintext]
    another_device(person)
    delivery_made()
    head = AuditHead.objects.get()
    set_mark(SIGNED, Place(head.seq, bytes(head.hash)), timezone.now())
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._base_manager.exists():
            made_up(model, draw)
    return values


def made_up(model: type[Model], draw: Random) -> Model:
    """A row of this table, after one of each table that it leads to."""
    values = {field.attname: value_of(field, draw) for field in model._meta.concrete_fields if not is_numbered(field)}
    return model._base_manager.create(**values)


def is_numbered(field: Any) -> bool:
    """Whether the database gives the value."""
    return isinstance(field, AutoField)


def value_of(field: Any, draw: Random) -> Any:
    """Something that the column holds, though not always what the product would write."""
    if field.is_relation:
        found = field.related_model._base_manager.order_by("pk").first() or made_up(field.related_model, draw)
        return getattr(found, field.target_field.attname)
    if field.choices:
        return field.choices[0][0]
    return VALUES[field.get_internal_type()](field, draw)


VALUES: dict[str, Any] = {
    "BigIntegerField": lambda _field, draw: draw.randrange(2**60),
    "BinaryField": lambda field, draw: draw.randbytes(field.max_length or 32),
    "BooleanField": lambda _field, draw: draw.random() < 0.5,
    "CharField": lambda field, draw: f"{draw.choice(WORDS)} {draw.randrange(100)}"[: field.max_length],
    "DateField": lambda _field, _draw: timezone.now().date(),
    "DateTimeField": lambda _field, draw: timezone.now() - timedelta(microseconds=draw.randrange(10**12)),
    "FloatField": lambda _field, draw: draw.random(),
    "GenericIPAddressField": lambda _field, _draw: "192.0.2.7",
    "IntegerField": lambda _field, draw: draw.randrange(2**31),
    "JSONField": lambda _field, draw: {"b": [1, None, True, draw.choice(WORDS)], "a": {"n": 1.5}},
    "PositiveBigIntegerField": lambda _field, draw: draw.randrange(2**60),
    "PositiveIntegerField": lambda _field, draw: draw.randrange(2**31),
    "PositiveSmallIntegerField": lambda _field, _draw: 1,
    "TextField": lambda _field, draw: draw.choice(WORDS),
    "UUIDField": lambda _field, draw: uuid.UUID(int=draw.getrandbits(128)),
}
