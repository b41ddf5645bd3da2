from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone as django_timezone

from accounts.audit.chain import GENESIS_HASH, entry_hash
from accounts.audit.record import OPERATOR, Actor, Source, Target, record_event, record_events
from accounts.models import AuditEvent, AuditHead, User
from accounts.people.creation import create_user
from reference_tokens.lifecycle.resource_server_registration import create_resource_server
from reference_tokens.lifecycle.revocation import revoke_token, revoke_tokens
from reference_tokens.models import ReferenceToken
from tests.factories import PASSWORD, issued_pat, issued_sat
from trusted_apps.registration import create_application, update_application

NOW = datetime(2027, 1, 31, 12, 30, 15, 123456, tzinfo=UTC)


def recorded(actor: Actor = OPERATOR, **details: Any) -> AuditEvent:
    with transaction.atomic():
        return record_event(actor, "test:act", Target("thing", "7"), now=NOW, details=details)


def first_that_does_not_fit() -> int | None:
    """The number of the first stored entry that does not fit the chain, computed without the product's own reader."""
    expected_hash, expected_seq = GENESIS_HASH, 1
    for event in AuditEvent.objects.order_by("seq"):
        if event.seq != expected_seq or bytes(event.previous_hash) != expected_hash:
            return event.seq
        expected_hash, expected_seq = entry_hash(event), expected_seq + 1
    head = AuditHead.objects.get()
    return None if (head.seq, bytes(head.hash)) == (expected_seq - 1, expected_hash) else expected_seq


def test_aud1_entry_says_when_who_from_where_what_and_to_what(administrator: User) -> None:
    actor = replace(Actor.person(administrator, Source.MANAGE, address="192.0.2.7"), request_id="request-1")
    recorded(actor, before={"name": "a"}, after={"name": "b"})
    event = AuditEvent.objects.get()
    assert (event.at, event.source, event.address, event.request_id) == (NOW, "manage", "192.0.2.7", "request-1")
    assert (event.actor_type, event.actor_id) == ("user", str(administrator.pk))
    assert (event.action, event.target_type, event.target_id) == ("test:act", "thing", "7")


def test_aud1_details_come_back_as_they_were_given(db: None) -> None:
    details: dict[str, Any] = {
        "text": 'Zoë 🚀 "q" \\ </script>',
        "number": 2**53 + 1,
        "yes": True,
        "none": None,
        "list": ["b", "a"],
    }
    recorded(**details)
    assert AuditEvent.objects.get().details == details


def test_aud1_operator_has_no_id_and_no_address(db: None) -> None:
    recorded()
    event = AuditEvent.objects.get()
    assert (event.source, event.actor_type, event.actor_id, event.address) == ("command", "operator", "", None)


def test_aud1_entry_outlives_whom_it_names(bob: User) -> None:
    recorded(Actor.person(bob, Source.PROFILE))
    bob.delete()
    assert AuditEvent.objects.get().actor_type == "user"


def test_aud2_first_entry_follows_the_empty_chain(db: None) -> None:
    recorded()
    event = AuditEvent.objects.get()
    assert (event.seq, bytes(event.previous_hash)) == (1, GENESIS_HASH)


def test_aud2_head_holds_the_number_and_hash_of_the_last_entry(db: None) -> None:
    recorded()
    last = recorded()
    head = AuditHead.objects.get()
    assert (head.seq, bytes(head.hash)) == (2, entry_hash(last))


def test_aud2_chain_of_many_entries_fits_when_read_back(alice: User) -> None:
    addresses = [None, "192.0.2.7", "2001:db8::1", "2001:DB8:0:0::00AB", "::ffff:192.0.2.7", "::192.0.2.7", "::1"]
    for number in range(60):
        person = Actor.person(alice, Source.PROFILE, address=addresses[number % len(addresses)])
        actor = replace(person, request_id=str(number))
        recorded(actor, number=number, text="ü\u2028🚀" * (number % 5), nested={"b": [1, {"z": None}], "a": True})
    assert AuditEvent.objects.count() == 60
    assert first_that_does_not_fit() is None


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0:0:0:0:00AB", "2001:db8::ab"),
        ("::1", "::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_aud2_address_survives_and_its_hash_still_fits(alice: User, given: str, stored: str) -> None:
    recorded(Actor.person(alice, Source.API, address=given))
    assert AuditEvent.objects.get().address == stored
    assert first_that_does_not_fit() is None


def test_aud2_time_of_another_zone_is_the_same_instant_and_fits(db: None) -> None:
    with transaction.atomic():
        local = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
        record_event(OPERATOR, "test:act", Target("thing", "7"), now=local, details={})
    assert AuditEvent.objects.get().at == NOW
    assert first_that_does_not_fit() is None


@pytest.mark.parametrize(
    "change",
    [
        {"at": NOW + timedelta(microseconds=1)},
        {"action": "test:other"},
        {"source": "profile"},
        {"actor_type": "user"},
        {"actor_id": "x"},
        {"target_type": "token"},
        {"target_id": "8"},
        {"address": "192.0.2.8"},
        {"request_id": "x"},
        {"details": {"number": 3}},
        {"previous_hash": bytes(31) + b"\1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_aud2_change_of_any_column_breaks_the_chain(db: None, change: dict[str, Any]) -> None:
    recorded(number=1)
    event = recorded(number=2)
    for column, value in change.items():
        setattr(event, column, value)
    assert entry_hash(event) != bytes(AuditHead.objects.get().hash)


def test_aud2_hash_is_of_all_columns_as_json_with_sorted_names(alice: User) -> None:
    actor = replace(Actor.person(alice, Source.PROFILE, address="2001:DB8::AB"), request_id='r"1\\')
    event = recorded(
        actor, zoe='Zoë 🚀 "q" \\ ","seq":7', previous_hash="ab", nested={"b": [1, {"z": None}], "a": True}
    )
    columns = {
        "seq": 1,
        "previous_hash": "00" * 32,
        "at": "2027-01-31T12:30:15.123456+00:00",
        "action": "test:act",
        "source": "profile",
        "actor": ["user", str(alice.pk)],
        "target": ["thing", "7"],
        "address": "2001:db8::ab",
        "request_id": 'r"1\\',
        "details": event.details,
    }
    text = json.dumps(columns, sort_keys=True, separators=(",", ":"))
    assert entry_hash(event) == hashlib.sha256(text.encode()).digest() == bytes(AuditHead.objects.get().hash)


def test_aud2_a_single_entry_and_one_of_several_are_chained_alike(db: None) -> None:
    several = [Target("thing", str(number)) for number in range(3)]
    for targets in (several[:1], several, several[:1], several[:2], several[:1]):
        with transaction.atomic():
            record_events(OPERATOR, "test:act", targets, now=NOW, details={"number": len(targets)})
    assert AuditEvent.objects.count() == 8
    assert first_that_does_not_fit() is None


def test_aud2_what_is_returned_is_what_is_stored(alice: User) -> None:
    recorded()
    event = recorded(Actor.person(alice, Source.API, address="::ffff:192.0.2.7"), text="ü")
    stored = AuditEvent.objects.get(seq=2)
    assert (event.seq, bytes(event.previous_hash)) == (2, bytes(stored.previous_hash))
    assert entry_hash(event) == entry_hash(stored)


def test_aud2_value_moved_to_the_next_column_changes_the_hash(db: None) -> None:
    event = recorded()
    before = entry_hash(event)
    event.actor_type, event.actor_id = "operat", "or"
    assert entry_hash(event) != before


def test_aud2_entry_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(TransactionManagementError, match="transaction of the change"):
        record_event(OPERATOR, "test:act", Target("thing", "7"), now=NOW, details={})
    assert not AuditEvent.objects.exists()


def test_aud2_rolled_back_change_leaves_no_entry_and_no_gap(db: None) -> None:
    with transaction.atomic():
        record_event(OPERATOR, "test:act", Target("thing", "7"), now=NOW, details={})
        transaction.set_rollback(True)
    recorded()
    assert list(AuditEvent.objects.values_list("seq", flat=True)) == [1]
    assert first_that_does_not_fit() is None


def test_aud2_second_entry_of_one_number_is_refused_by_the_database(db: None) -> None:
    recorded()
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.bulk_create([AuditEvent(seq=1, previous_hash=GENESIS_HASH, at=NOW, action="forged")])


def test_aud2_writers_at_the_same_time_make_one_chain_without_gaps(transactional_db: None) -> None:
    writers, entries = 4, 10
    start = threading.Barrier(writers)
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            start.wait(timeout=10)
            for number in range(entries):
                recorded(writer=writer, number=number)
        except BaseException as error:  # noqa: BLE001 - whatever it was, the test tells it
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert AuditEvent.objects.count() == writers * entries
    assert first_that_does_not_fit() is None


def test_aud1_no_secret_stands_in_the_record_after_everything_was_done_once(alice: User, administrator: User) -> None:
    now = django_timezone.now()
    by_ada = Actor.person(administrator, Source.MANAGE)
    robot = create_user(actor=OPERATOR, now=now, username="robot", is_system=True)
    carol = create_user(actor=OPERATOR, now=now, username="carol", password=PASSWORD)
    application = create_application(
        actor=by_ada,
        now=now,
        application_uri="com.example/excel",
        name="Excel",
        access_tokens_policy="AuthenticatedUsers",
        scopes=("read",),
        system_user=robot,
    )
    update_application(actor=by_ada, now=now, application_id=application.pk, owners=[carol], name="Excel add-in")
    server, secret = create_resource_server(actor=by_ada, now=now, name="API", asks_for_all_applications=True)
    pat, sat = issued_pat(alice, application), issued_sat(application)
    revoke_token(actor=by_ada, token_id=pat.token.pk, now=now, reason="Lost")
    revoke_tokens(actor=by_ada, tokens=ReferenceToken.objects.all(), chosen_by={"all": True}, now=now)

    record = " ".join(json.dumps(details) for details in AuditEvent.objects.values_list("details", flat=True))
    stored = [bytes(token.digest).hex() for token in ReferenceToken.objects.all()]
    stored += [bytes(digest).hex() for digest in server.secrets.values_list("digest", flat=True)]
    assert AuditEvent.objects.count() == 9
    assert not [
        value
        for value in [pat.plaintext, sat.plaintext, secret, PASSWORD, carol.password, *stored]
        if value in record or value.lower() in record
    ]
    assert first_that_does_not_fit() is None


def test_source_of_every_door_fits_its_column() -> None:
    longest = AuditEvent._meta.get_field("source").max_length
    assert longest is not None
    assert all(len(source) <= longest for source in Source.values)
