"""Old values that live on beside the newest token of a chain: shown, and ended or suspended with it (TOK-8, TOK-10)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.forms.fingerprints import SetChanged
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lifecycle.old_values import live_chain
from reference_tokens.lifecycle.revocation import revoke_with_old_values
from reference_tokens.lifecycle.suspension import suspend_with_old_values
from reference_tokens.models import Notice, ReferenceToken
from tests.command_line import Runner
from tests.factories import ResourceServerFactory, alter, issued_pat, issued_sat, rotated
from tests.introspection import is_active, revoke
from tests.pages import HTMX, Fields, form_of, give_password, next_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

INVENTORY = "/manage/security/tokens/"
PROFILE = "/profile/security/tokens/"


class Chain(NamedTuple):
    """A token that was rotated twice; each old value lives on for a day."""

    first: IssuedToken
    second: IssuedToken
    newest: IssuedToken

    def live(self) -> str:
        """The names of those that are good."""
        now = timezone.now()
        stored = ReferenceToken.objects.in_bulk([each.token.pk for each in self])
        named = zip(self._fields, self, strict=True)
        return " ".join(name for name, each in named if stored[each.token.pk].state(now) == "live")


def chain_from(first: IssuedToken) -> Chain:
    second = rotated(first.token)
    return Chain(first, second, rotated(second.token))


@pytest.fixture
def chain(alice: User, application: TrustedApplication) -> Chain:
    return chain_from(issued_pat(alice, application, description="Laptop"))


@pytest.fixture
def sats(application: TrustedApplication) -> Chain:
    return chain_from(issued_sat(application, description="Nightly"))


def revoke_of(each: IssuedToken, site: str = PROFILE) -> str:
    return f"{site}{each.token.pk}/revoke/"


def suspend_of(each: IssuedToken) -> str:
    return f"{INVENTORY}{each.token.pk}/suspend/"


def unticked(form: Fields) -> Fields:
    """The form with the box of the old values left empty."""
    assert form["old_values"] == ["1"]
    return {name: values for name, values in form.items() if name != "old_values"}


# --- at both sites ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_tok10_the_question_about_the_newest_names_the_old_values_and_when_they_end(
    alice_client: Client, chain: Chain, headers: Any
) -> None:
    response = alice_client.get(revoke_of(chain.newest), headers=headers)
    words = text_of(response)
    assert "2 old values work on until they end:" in words
    for old in (chain.first, chain.second):
        stored = ReferenceToken.objects.get(pk=old.token.pk)
        assert stored.expires_at
        assert f"Laptop {stored.hint}, ends {stored.expires_at:%-d %b %Y, %H:%M} UTC" in words
    assert "Revoke the old values as well" in words
    assert form_of(response)["old_values"] == ["1"]


def test_tok10_revoking_the_newest_ends_its_old_values_with_an_entry_for_each(
    alice: User, alice_client: Client, chain: Chain
) -> None:
    asked = alice_client.get(revoke_of(chain.newest))
    response = alice_client.post(revoke_of(chain.newest), form_of(asked), follow=True)
    assert "Laptop was revoked. What uses it fails from now on. 2 old values were revoked too." in text_of(response)
    assert chain.live() == ""
    entries = AuditEvent.objects.filter(action="token:revoke").order_by("seq")
    ids = [str(each.token.pk) for each in (chain.newest, chain.second, chain.first)]
    assert [entry.target_id for entry in entries] == ids
    assert {(entry.actor_id, entry.source) for entry in entries} == {(str(alice.pk), "profile")}


def test_tok10_unticked_the_old_values_work_on_and_that_is_said(alice_client: Client, chain: Chain) -> None:
    form = unticked(form_of(alice_client.get(revoke_of(chain.newest))))
    response = alice_client.post(revoke_of(chain.newest), form, follow=True)
    assert "2 old values work on until they end." in text_of(response)
    assert chain.live() == "first second"


def test_tok10_an_old_value_is_revoked_alone_and_the_question_says_what_stays(
    alice_client: Client, chain: Chain
) -> None:
    asked = alice_client.get(revoke_of(chain.second))
    assert f"{chain.newest.token.hint}, which took its place, stays as it is." in text_of(asked)
    assert "old_values" not in form_of(asked)
    alice_client.post(revoke_of(chain.second), form_of(asked))
    assert chain.live() == "first newest"


def test_tok10_a_token_that_was_never_rotated_is_asked_about_as_before(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    words = text_of(alice_client.get(revoke_of(issued_pat(alice, application))))
    assert "old value" not in words
    assert "took its place" not in words


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("site", [PROFILE, INVENTORY])
def test_many1_where_the_token_was_rotated_since_nothing_is_done_and_it_is_asked_again(
    alice_client: Client, administrator_client: Client, chain: Chain, site: str, headers: Any
) -> None:
    client, address = alice_client if site == PROFILE else administrator_client, revoke_of(chain.newest, site)
    form = form_of(client.get(address))
    rotated(chain.newest.token)
    response = client.post(address, form, headers=headers)
    assert response.status_code == 409
    words = text_of(response)
    assert "Nothing was done: other values of this token are live than those you were asked about." in words
    assert chain.live() == "first second newest"
    client.post(address, form_of(response))
    assert chain.live() == "first second"


def test_many1_a_token_that_had_no_other_value_when_it_was_asked_about_is_asked_about_again(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    form = form_of(alice_client.get(revoke_of(issued)))
    new = rotated(issued.token)
    response = alice_client.post(revoke_of(issued), form)
    assert response.status_code == 409
    assert f"{new.token.hint}, which took its place, stays as it is." in text_of(response)
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()


def test_the_second_of_two_clicks_is_answered_as_the_first(alice_client: Client, chain: Chain) -> None:
    form = form_of(alice_client.get(revoke_of(chain.newest)))
    for _time in range(2):
        response = alice_client.post(revoke_of(chain.newest), form, follow=True)
        assert "Laptop was revoked." in text_of(response)
    assert AuditEvent.objects.filter(action="token:revoke").count() == 3


def test_an_administrator_revokes_a_sat_with_its_old_values_for_one_reason_and_one_mail(
    alice: User, administrator_client: Client, application: TrustedApplication, sats: Chain
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    application.owners.add(alice)
    address = revoke_of(sats.newest, INVENTORY)
    response = administrator_client.post(address, form_of(administrator_client.get(address)) | {"reason": "A leak"})
    assert response.status_code == 302
    assert sats.live() == ""
    assert set(ReferenceToken.objects.values_list("revocation_reason", flat=True)) == {"A leak"}
    (notice,) = Notice.objects.filter(kind=Notice.Kind.REVOCATION)
    assert notice.tokens.count() == 3


@pytest.mark.parametrize("act", [revoke_of, suspend_of])
def test_the_box_stays_unticked_in_a_form_that_is_refused(administrator_client: Client, sats: Chain, act: Any) -> None:
    address = f"{INVENTORY}{act(sats.newest).removeprefix(PROFILE).removeprefix(INVENTORY)}"
    form = unticked(form_of(administrator_client.get(address)))
    response = administrator_client.post(address, form | {"reason": ["good\u202e"]})
    assert response.status_code == 422
    assert "old_values" not in form_of(response)
    administrator_client.post(address, form_of(response) | {"reason": ["A leak"]})
    assert sats.live() == "first second"


def test_tok9_suspending_the_newest_suspends_its_old_values_with_an_entry_for_each(
    administrator_client: Client, chain: Chain
) -> None:
    asked = administrator_client.get(suspend_of(chain.newest))
    assert "Suspend the old values as well" in text_of(asked)
    response = administrator_client.post(suspend_of(chain.newest), form_of(asked), follow=True)
    assert "2 old values are suspended too." in text_of(response)
    assert chain.live() == ""
    assert AuditEvent.objects.filter(action="token:suspend").count() == 3


def test_tok9_resuming_the_newest_says_that_its_old_values_stay_suspended(
    administrator_client: Client, chain: Chain
) -> None:
    administrator_client.post(suspend_of(chain.newest), form_of(administrator_client.get(suspend_of(chain.newest))))
    response = administrator_client.post(f"{INVENTORY}{chain.newest.token.pk}/resume/", follow=True)
    assert "Laptop is not suspended any more. 2 old values stay suspended." in text_of(response)
    assert chain.live() == "newest"


def test_tok10_the_question_before_a_rotation_names_the_old_values_that_it_does_not_end(
    alice_client: Client, chain: Chain
) -> None:
    address = f"{PROFILE}{chain.newest.token.pk}/rotate/"
    asked = alice_client.get(address)
    assert "2 old values work on until they end:" in text_of(asked)
    assert "old_values" not in form_of(asked)
    alice_client.post(address, form_of(asked) | {"overlap": ["0"]})
    assert chain.live() == "first second"


def test_tok9_unticked_the_old_values_are_not_suspended_and_that_is_said(
    administrator_client: Client, chain: Chain
) -> None:
    form = unticked(form_of(administrator_client.get(suspend_of(chain.newest))))
    response = administrator_client.post(suspend_of(chain.newest), form, follow=True)
    assert "2 old values work on until they end." in text_of(response)
    assert chain.live() == "first second"


def test_tok9_a_suspended_old_value_is_told_of_before_a_revocation_and_not_before_a_suspension(
    administrator_client: Client, chain: Chain
) -> None:
    alter(chain.first.token, suspended_at=timezone.now())
    words = text_of(administrator_client.get(revoke_of(chain.newest, INVENTORY)))
    assert "2 old values work on" in words
    assert "UTC, suspended" in words
    asked = administrator_client.get(suspend_of(chain.newest))
    assert "1 old value works on until it ends:" in text_of(asked)
    administrator_client.post(suspend_of(chain.newest), form_of(asked))
    assert AuditEvent.objects.filter(action="token:suspend").count() == 2


def test_many1_a_token_that_was_rotated_since_is_not_suspended_and_asked_about_again(
    administrator_client: Client, chain: Chain
) -> None:
    form = form_of(administrator_client.get(suspend_of(chain.newest)))
    rotated(chain.newest.token)
    response = administrator_client.post(suspend_of(chain.newest), form)
    assert response.status_code == 409
    assert "Nothing was done" in text_of(response)
    assert chain.live() == "first second newest"


def test_suspending_twice_suspends_once(administrator_client: Client, chain: Chain) -> None:
    form = form_of(administrator_client.get(suspend_of(chain.newest)))
    for _time in range(2):
        assert administrator_client.post(suspend_of(chain.newest), form).status_code == 302
    assert AuditEvent.objects.filter(action="token:suspend").count() == 3


# --- many at once ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "label", "said"),
    [
        ("revoke", "Revoke the old values as well", "1 token revoked. 2 old values were revoked too."),
        ("suspend", "Suspend the old values as well", "1 token suspended. 2 old values are suspended too."),
    ],
)
def test_tok10_many_are_asked_about_with_the_old_values_beside_them(
    administrator_client: Client, chain: Chain, act: str, label: str, said: str
) -> None:
    address = f"{INVENTORY}{act}-many/"
    asked = administrator_client.get(address, {"token": str(chain.newest.token.pk)})
    words = text_of(asked)
    assert "2 old values work on until they end:" in words
    assert f"Laptop {chain.first.token.hint}, ends " in words
    assert label in words
    response = administrator_client.post(address, form_of(asked) | {"number": ["1"]}, follow=True)
    assert said in text_of(response)
    assert chain.live() == ""
    (entry,) = AuditEvent.objects.filter(action=f"token:{act}_many")
    chosen_by = {"tokens": [str(chain.newest.token.pk)], "with_old_values": 2}
    assert entry.details == {"chosen_by": chosen_by, "count": 3, "reason": ""}


def test_tok10_very_many_are_revoked_with_the_old_values_beside_them(
    administrator_client: Client, alice: User, application: TrustedApplication, chain: Chain
) -> None:
    alter(chain.newest.token, description="Many")
    known = {"kind": "PAT", "holder": alice, "application": application, "scopes": ["read"], "description": "Many"}
    ReferenceToken.objects.bulk_create(
        ReferenceToken(
            **known, issued_at=timezone.now(), digest=uuid.uuid4().bytes * 2, hash_key=chain.newest.token.hash_key
        )
        for _number in range(1001)
    )
    address = f"{INVENTORY}revoke-many/"
    form = form_of(administrator_client.get(address, {"matching": "1", "q": "Many"}))
    response = administrator_client.post(address, form | {"number": ["1002"]}, follow=True)
    assert "1,002 tokens revoked. 2 old values were revoked too." in text_of(response)
    assert chain.live() == ""


def test_tok10_many_unticked_leave_the_old_values_and_say_so(administrator_client: Client, chain: Chain) -> None:
    address = f"{INVENTORY}revoke-many/"
    form = unticked(form_of(administrator_client.get(address, {"token": str(chain.newest.token.pk)})))
    response = administrator_client.post(address, form | {"number": ["1"]}, follow=True)
    assert "1 token revoked. 2 old values work on until they end." in text_of(response)
    assert chain.live() == "first second"


def test_tok10_old_values_that_are_chosen_themselves_are_not_counted_twice(
    administrator_client: Client, chain: Chain
) -> None:
    words = text_of(administrator_client.get(f"{INVENTORY}revoke-many/", {"matching": "1"}))
    assert "Revoke 3 tokens?" in words
    assert "old value" not in words


def test_many1_old_values_that_changed_since_are_asked_about_again(administrator_client: Client, chain: Chain) -> None:
    address = f"{INVENTORY}revoke-many/"
    form = form_of(administrator_client.get(address, {"token": str(chain.newest.token.pk)}))
    alter(chain.first.token, revoked_at=timezone.now())
    response = administrator_client.post(address, form | {"number": ["1"]}, follow=True)
    assert "Nothing was done" in text_of(response)
    assert chain.live() == "second newest"


def test_pol6_the_untick_survives_the_confirmation(administrator: User, chain: Chain) -> None:
    give_password(administrator)
    address = f"{INVENTORY}revoke-many/"
    form = unticked(form_of(signed_in(administrator).get(address, {"token": str(chain.newest.token.pk)})))
    response = signed_in(administrator, confirmed=False).post(address, form | {"number": ["1"]})
    again = form_of(signed_in(administrator).get(next_of(response)))
    assert "old_values" not in again
    signed_in(administrator).post(address, again | {"number": ["1"]})
    assert chain.live() == "first second"


def test_few_old_values_are_named_and_the_rest_is_counted(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application, description="Laptop").token
    for _time in range(12):
        token = rotated(token).token
    words = text_of(administrator_client.get(revoke_of(IssuedToken(token, ""), INVENTORY)))
    assert "12 old values work on until they end:" in words
    assert words.count(", ends ") == 10
    assert "2 more" in words


# --- by value, and by command ----------------------------------------------------------------------------------------


def test_tok10_a_resource_server_that_revokes_the_newest_value_ends_the_old_ones(client: Client, chain: Chain) -> None:
    server = ResourceServerFactory.create(may_revoke=True)
    response = revoke(client, server, chain.newest.plaintext)
    assert (response.status_code, response.json()) == (200, {})
    assert chain.live() == ""
    assert AuditEvent.objects.filter(action="token:revoke", source="api").count() == 3


def test_tok10_a_resource_server_that_revokes_an_old_value_ends_it_alone(client: Client, chain: Chain) -> None:
    server = ResourceServerFactory.create(may_revoke=True)
    revoke(client, server, chain.second.plaintext)
    assert chain.live() == "first newest"


def test_tok10_whoever_holds_the_newest_value_ends_it_with_the_old_ones(
    client: Client, server: Any, chain: Chain
) -> None:
    response = client.delete("/api/token", headers={"authorization": f"Bearer {chain.newest.plaintext}"})
    assert response.status_code == 204
    assert [is_active(client, server, each.plaintext) for each in chain] == [False, False, False]


def test_tok10_whoever_holds_an_old_value_ends_it_alone(client: Client, chain: Chain) -> None:
    client.delete("/api/token", headers={"authorization": f"Bearer {chain.first.plaintext}"})
    assert chain.live() == "second newest"


@pytest.mark.parametrize("by", ["--id", "--token-stdin"])
def test_tok10_the_command_ends_the_old_values_and_its_json_says_which(command: Runner, chain: Chain, by: str) -> None:
    choice = [by, str(chain.newest.token.pk)] if by == "--id" else [by]
    outcome = command("revoke_tokens", *choice, "--yes", "--json", stdin=chain.newest.plaintext)
    assert outcome.json["revoked"] == 3
    assert [(old["id"], old["hint"], old["revoked"]) for old in outcome.json["old_values"]] == [
        (str(old.token.pk), old.token.hint, True) for old in (chain.second, chain.first)
    ]
    assert chain.live() == ""


def test_tok10_the_command_leaves_the_old_values_where_that_is_asked_and_says_until_when(
    command: Runner, chain: Chain
) -> None:
    arguments = ["revoke_tokens", "--id", str(chain.newest.token.pk), "--keep-old-values", "--yes"]
    outcome = command(*arguments, "--json")
    stored = ReferenceToken.objects.get(pk=chain.second.token.pk)
    assert stored.expires_at
    assert outcome.json["revoked"] == 1
    assert outcome.json["old_values"][0] == {
        "id": str(stored.pk),
        "hint": stored.hint,
        "revoked": False,
        "ends_at": stored.expires_at.isoformat(),
    }
    assert chain.live() == "first second"


def test_tok10_the_command_says_in_words_what_became_of_the_old_values(command: Runner, chain: Chain) -> None:
    newest, first = chain.newest.token, chain.first.token
    kept = command("revoke_tokens", "--id", str(newest.pk), "--keep-old-values", "--yes").stdout
    assert kept.startswith("Revoked 1 token.\nThe old value ")
    assert f"The old value {first.hint} works on until " in kept
    again = chain_from(issued_pat(newest.holder, newest.application))  # type: ignore[arg-type] # a PAT
    ended = command("revoke_tokens", "--id", str(again.newest.token.pk), "--yes").stdout
    assert ended == "".join(
        [
            "Revoked 3 tokens.\n",
            f"The old value {again.second.token.hint} is revoked.\n",
            f"The old value {again.first.token.hint} is revoked.\n",
        ]
    )


def test_tok10_the_command_revokes_an_old_value_alone(command: Runner, chain: Chain) -> None:
    outcome = command("revoke_tokens", "--id", str(chain.first.token.pk), "--yes", "--json")
    assert outcome.json == {"revoked": 1}
    assert chain.live() == "second newest"


def test_tok10_a_choice_of_many_takes_the_old_values_along_once(command: Runner, chain: Chain) -> None:
    assert command("revoke_tokens", "--user", "alice", "--yes", "--json").json == {"revoked": 3}


@pytest.mark.parametrize(("option", "count", "live"), [([], 3, ""), (["--keep-old-values"], 1, "first second")])
def test_tok10_a_choice_of_many_that_leaves_an_old_value_out_takes_it_along_unless_told_not_to(
    command: Runner, chain: Chain, option: list[str], count: int, live: str
) -> None:
    future = timezone.now() + timedelta(days=1)
    for old in (chain.first, chain.second):
        # A clock that was set back: an old value that seems younger than the one that replaced it.
        alter(old.token, issued_at=future, expires_at=future + timedelta(hours=1))
    before = (timezone.now() + timedelta(hours=1)).isoformat()
    outcome = command("revoke_tokens", "--issued-before", before, *option, "--yes", "--json")
    assert outcome.json["revoked"] == count
    assert len(outcome.json["old_values"]) == 2
    assert chain.live() == live


# --- the acts themselves ---------------------------------------------------------------------------------------------


def test_tok8_a_token_that_ended_before_is_left_with_its_old_values(chain: Chain) -> None:
    now = timezone.now()
    act: dict[str, Any] = {"actor": OPERATOR, "token_id": chain.newest.token.pk, "now": now}
    assert len(revoke_with_old_values(**act, with_old_values=False)) == 1
    assert revoke_with_old_values(**act) == suspend_with_old_values(**act) == []
    assert chain.live() == "first second"


def test_many1_the_acts_refuse_what_was_not_shown_and_change_nothing(chain: Chain) -> None:
    now = timezone.now()
    shown = live_chain(chain.newest.token.pk, now).seen
    alter(chain.first.token, revoked_at=now)
    for act in (revoke_with_old_values, suspend_with_old_values):
        with pytest.raises(SetChanged):
            act(actor=OPERATOR, token_id=chain.newest.token.pk, now=now, shown=shown)
    assert chain.live() == "second newest"
