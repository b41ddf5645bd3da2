"""RUN-5: one file holds the instance as it was at one moment, and fills either database from it."""

from __future__ import annotations

import stat
import threading
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.audit.verification import verify
from accounts.models import AuditEvent
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import HashKey, ReferenceToken
from reference_tokens.restoring.holding import hold
from tests.command_line import Runner, row_counts
from tests.concurrency import threads
from tests.emptied_tables import empty
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat
from tests.introspection import is_active
from tests.reference_tokens.fence.fences import in_file
from tests.tokens_project.backups.files import backup_in, refusal, restored_from
from tests.tokens_project.copying.full_instance import fill_every_table
from tokens_project.backups.making import LEFT_OUT
from tokens_project.copying.tables import BY_ITSELF

pytestmark = pytest.mark.django_db(transaction=True)


def test_run5_every_table_comes_back_but_what_shall_not_be_good_again(tmp_path: Path) -> None:
    values = fill_every_table(Random(7))
    before, server = row_counts(), ResourceServerFactory.create()
    good = [value for value in values if is_active(Client(), server, value)]
    file = backup_in(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    done = restored_from(file, keeps_tokens=True)
    after = row_counts()
    left_out = {model._meta.db_table for model in LEFT_OUT}
    changed = {table for table, count in before.items() if after[table] != count and not table.startswith(BY_ITSELF)}
    assert left_out <= {table for table in after if after[table] == 0}
    # The server of this test, and the entry of the restore.
    assert changed - left_out <= {
        "accounts_auditevent",
        "reference_tokens_resourceserver",
        "reference_tokens_resourceserversecret",
    }
    assert done.audit_log.broken is None
    assert good
    assert [value for value in values if is_active(Client(), server, value)] == good
    assert issued_pat(UserFactory.create(), ApplicationFactory.create()).token.pk


def test_run5_nothing_in_a_backup_opens_anything(tmp_path: Path, settings: Any) -> None:
    issued = issued_pat(UserFactory.create(), ApplicationFactory.create())
    with zipfile.ZipFile(backup_in(tmp_path)) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode()
    for secret in (issued.plaintext, settings.SECRET_KEY, *settings.TOKEN_HASH_KEYS):
        assert secret not in text


def test_run5_a_backup_while_others_act_is_whole(tmp_path: Path, settings: Any) -> None:
    in_file(settings, tmp_path)
    person, application = UserFactory.create(), ApplicationFactory.create()
    hold(timezone.now())
    stop = threading.Event()

    def act() -> None:
        while not stop.is_set():
            token = issued_pat(person, application).token
            revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())

    settings.MAX_LIVE_PATS_PER_PERSON = 1_000_000
    with threads() as start:
        futures = [start(act) for _writer in range(4)]
        try:
            files = [backup_in(tmp_path) for _number in range(2)]
        finally:
            stop.set()
        for future in futures:
            future.result()
    issued = ReferenceToken.objects.count()
    for file in files:
        done = restored_from(file)
        assert done.audit_log.broken is None
        assert ReferenceToken.objects.count() + len(done.held.unknown) == issued
        assert not ReferenceToken.objects.not_ended(timezone.now()).exists()
        connection.check_constraints()


def test_run5_without_a_fence_every_token_is_revoked_unless_told_otherwise(
    tmp_path: Path, command: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issued_pat(UserFactory.create(), ApplicationFactory.create()).token
    file = backup_in(tmp_path)
    for option, is_revoked in ((), True), (("--keep-tokens",), False):
        empty()
        assert "give --yes to restore" in refusal(command("restore", str(file), *option))
        outcome = command("restore", str(file), "--yes", *option)
        assert f"No fence tells all that happened since: {int(is_revoked)} tokens were revoked" in outcome.stdout
        assert "Users, administrators, passwords, second factors," in outcome.stdout
        assert bool(ReferenceToken.objects.get(pk=token.pk).revoked_at) == is_revoked
    assert verify().broken is None


def test_run5_the_commands_say_what_was_done(tmp_path: Path, command: Runner, settings: Any) -> None:
    in_file(settings, tmp_path)
    hold(timezone.now())
    person, application = UserFactory.create(), ApplicationFactory.create()
    revoked = issued_pat(person, application).token
    file = tmp_path / "tokens.zip"
    outcome = command("backup", str(file))
    key = HashKey.objects.get()
    assert f"it does not hold them: SECRET_KEY, and TOKEN_HASH_KEYS with {key.pk}" in outcome.stdout
    assert AuditEvent.objects.filter(action="instance:backup").exists()
    revoke_token(actor=OPERATOR, token_id=revoked.pk, now=timezone.now())
    unknown = [str(issued_pat(person, application).token.pk) for _number in range(21)]
    empty()
    outcome = command("restore", str(file))
    assert "Ended again, as the fence tells: token-revoked 1\n" in outcome.stdout
    assert "Tokens that were issued since, and are unknown now: " + ", ".join(unknown[:20]) in outcome.stdout
    assert " and 1 more (--json names all)" in outcome.stdout
    assert ReferenceToken.objects.get(pk=revoked.pk).revocation_code == "restored"
    empty()
    result = command("restore", str(file), "--json").json
    assert [one["id"] for one in result["unknown_tokens"]] == unknown
    assert (result["fence_is_whole"], result["revoked"]) == (True, 0)


def test_run5_a_database_in_use_is_not_restored_into_whatever_the_file_is(tmp_path: Path, command: Runner) -> None:
    UserFactory.create()
    file = backup_in(tmp_path)
    for name in (file, tmp_path / "none.zip"):
        assert "the database is not empty" in refusal(command("restore", str(name)))


def test_run5_a_lost_key_is_named_before_anything_is_done(tmp_path: Path, command: Runner, settings: Any) -> None:
    issued_pat(UserFactory.create(), ApplicationFactory.create())
    key, file = HashKey.objects.get().pk, backup_in(tmp_path)
    empty()
    with_another = [f"another-{settings.TOKEN_HASH_KEYS[0]}"]
    settings.TOKEN_HASH_KEYS = with_another
    assert f"lacks keys that its tokens need ({key})" in refusal(command("restore", str(file), "--yes"))
    assert command("restore", str(file), "--yes", "--lost-keys").status == 0


def test_run5_a_database_that_is_not_migrated_is_not_restored_into(tmp_path: Path, command: Runner) -> None:
    file, recorder = backup_in(tmp_path), MigrationRecorder(connection)
    empty()
    last = ("reference_tokens", "0025_fence")
    recorder.record_unapplied(*last)
    try:
        assert "run `migrate` first" in refusal(command("restore", str(file), "--yes"))
    finally:
        recorder.record_applied(*last)


def test_run5_a_backup_is_written_whole_or_not_at_all(
    tmp_path: Path, command: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tokens.zip"
    assert command("backup", str(file)).status == 0
    assert "is there already" in refusal(command("backup", str(file)))
    assert "cannot be written: No such file" in refusal(command("backup", str(tmp_path / "none" / "tokens.zip")))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tokens_project.backups.making.os.fsync", full)
    assert "cannot be written: No space left" in refusal(command("backup", str(tmp_path / "other.zip")))
    assert [path.name for path in tmp_path.iterdir()] == ["tokens.zip"]


def test_run5_a_fence_that_cannot_be_read_stops_a_restore(tmp_path: Path, command: Runner, settings: Any) -> None:
    fence = in_file(settings, tmp_path)
    hold(timezone.now())
    file = backup_in(tmp_path)
    empty()
    fence.unlink()
    fence.mkdir()
    before = row_counts()
    assert "FENCE_FILE cannot be used" in refusal(command("restore", str(file), "--yes"))
    assert row_counts() == before
