"""What programs send: requests, cursors, reports of leaks, configurations, answers of webhooks' receivers."""

from __future__ import annotations

import http.client
import socket
import time
import uuid
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric import ec
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from reference_tokens.configuration.document import Configuration
from reference_tokens.configuration.errors import NotValid
from reference_tokens.configuration.files import configuration_in
from reference_tokens.endpoints.http import Refused
from reference_tokens.endpoints.leaks import json_in, json_object, reported_tokens, reported_url
from reference_tokens.leaks.github import is_signed
from reference_tokens.leaks.places import place_of
from reference_tokens.management_api.bodies import document_in, yaml_document_in
from reference_tokens.management_api.instants import instant_of
from reference_tokens.management_api.paging import values_in
from reference_tokens.management_api.problems import Problem
from reference_tokens.models import ReferenceToken
from reference_tokens.models.leaks import LONGEST_PLACE
from reference_tokens.token_values.token_format import holds_token
from reference_tokens.webhooks import posting
from reference_tokens.webhooks.signing import PREFIX, signature
from tokens_project.server.requests import body_of, head_has_arrived, parsed_head

BAD_REQUEST, UNPROCESSABLE = 400, 422
CONFIG = Config()
KEY = ec.derive_private_key(1, ec.SECP256R1()).public_key()
SECRET = PREFIX + "Zm9yIGZ1enppbmcgb25seSwgYW5kIG5vIHNlY3JldA=="
MESSAGE = posting.Message("http://receiver.example/", {}, "{}")


def request(data: bytes) -> None:
    """Bytes of a connection are a request with a body within its bound, or gunicorn's refusal. The head is whole."""
    if not head_has_arrived(bytearray(data), 0):
        return
    try:
        read, behind = parsed_head(CONFIG, data, ("192.0.2.1", 1), 1)
        body, arrived = body_of(read), bytearray(behind)
        if body.has_arrived(arrived):
            taken = body.take(arrived)
            assert taken is None or len(taken) <= len(behind)
    except (ParseException, StopIteration):
        # gunicorn's own end of a connection on which nothing came.
        return


def cursor(data: bytes) -> None:
    """A cursor of the management API names values that a database takes, or is refused."""
    try:
        issued, pk = values_in(data.decode("latin-1"), ReferenceToken.objects.all(), ["issued_at", "id"])
    except Problem as refused:
        assert refused.status == UNPROCESSABLE
        return
    assert issued.utcoffset() is not None
    assert isinstance(pk, uuid.UUID)


def leak_report(data: bytes) -> None:
    """A report holds texts, or is refused; of the place that it names nothing is kept that opens anything."""
    try:
        report = json_object(data)
        reported_tokens(report)
        place = place_of(reported_url(report))
    except Refused as refused:
        assert refused.problem.status == BAD_REQUEST
        return
    assert len(place) <= LONGEST_PLACE
    assert not holds_token(place)


def github_report(data: bytes) -> None:
    """Nobody signs a report without the key: the first line stands for the signature, the rest for the body."""
    said, _break, body = data.partition(b"\n")
    assert not is_signed(body, said.decode("latin-1"), KEY)
    try:
        json_in(body)
    except Refused as refused:
        assert refused.problem.status == BAD_REQUEST


def signed_message(data: bytes) -> None:
    """What is signed verifies by another library, and with one sign more it does not."""
    body = data.decode("utf-8", "replace")
    headers = {"webhook-id": "m", "webhook-timestamp": str(int(time.time()))}
    headers["webhook-signature"] = signature(SECRET, "m", int(headers["webhook-timestamp"]), body)
    verifier = Webhook(SECRET)
    # It reads the body as JSON behind the signature; whether it is any is not asked here.
    with patch("standardwebhooks.webhooks.json.loads"):
        verifier.verify(body, headers)
        try:
            verifier.verify(body + " ", headers)
        except WebhookVerificationError:
            return
    raise AssertionError("another body has the same signature")


def delivery(data: bytes) -> None:
    """Whatever a receiver answers, a delivery has a status or the reason why there is none."""
    receiver, sender = socket.socketpair()
    with receiver, patch.object(posting, "connected", lambda *_place: sender):
        receiver.sendall(data[: posting.MOST_BYTES])
        receiver.shutdown(socket.SHUT_WR)
        answer = posting.post(MESSAGE)
    assert (answer.status is None) == bool(answer.fault)
    assert not answer.is_success or http.client.OK <= (answer.status or 0) < http.client.MULTIPLE_CHOICES


def configuration(data: bytes) -> None:
    """A text is a configuration, or its faults are told."""
    try:
        found = configuration_in(data.decode("utf-8", "replace"))
    except NotValid as refused:
        assert refused.faults
        return
    assert isinstance(found, Configuration)


def document(data: bytes) -> None:
    """The body of a call is JSON or YAML with each member once, or it is refused."""
    for read in (document_in, yaml_document_in):
        try:
            read(data)
        except Problem as refused:
            assert refused.status in {BAD_REQUEST, UNPROCESSABLE}


def instant(data: bytes) -> None:
    """A text is an instant with its offset, or it is refused."""
    found: Any = None
    try:
        found = instant_of(data.decode("utf-8", "replace"))
    except ValueError:
        return
    assert found.utcoffset().total_seconds() == 0
